import { parseDuration } from "./duration.ts";

/** A moment as people write it: a time, or a span from now or ago. */
export type WrittenMoment =
  /** Milliseconds since 1970. @field isToday only the time of day was given */
  | { readonly at: number; readonly isToday: boolean }
  | { readonly ms: number };

/**
 * Parses `10m`; `14:30` or `14:30:05`: today; `2026-11-30`, `2026-11-30 14:30`: in the caller's time zone.
 * @returns undefined if it is not a moment
 */
export function readMoment(text: string, now: number): WrittenMoment | undefined {
  const clock = /^(\d{1,2}):(\d\d)(?::(\d\d))?$/.exec(text);
  if (clock) {
    const [hours, minutes, seconds] = [clock[1], clock[2], clock[3] ?? "0"].map(Number);
    if (hours < 24 && minutes < 60 && seconds < 60) {
      return { at: new Date(now).setHours(hours, minutes, seconds, 0), isToday: true };
    }
  }
  const [, day, time] = /^(\d{4}-\d\d-\d\d)([ T]\d\d:\d\d.*)?$/.exec(text) ?? [];
  if (day !== undefined) {
    // A date alone would be parsed as UTC.
    const at = Date.parse(time === undefined ? `${day}T00:00` : text.replace(" ", "T"));
    if (!Number.isNaN(at) && isDay(day)) return { at, isToday: false };
  }
  try {
    return { ms: parseDuration(text) };
  } catch {
    return undefined;
  }
}

/** Whether the date exists: Date.parse takes February 30 for a day in March. */
function isDay(text: string): boolean {
  const date = new Date(`${text}T00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}
