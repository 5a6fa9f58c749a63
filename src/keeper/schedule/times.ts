// Pure: the times at which a daemon runs. Milliseconds since the epoch.
import { formatDuration } from "../../base/duration.ts";
import type { KeptSettings } from "../records/kept_settings.ts";

export type KeptSchedule = NonNullable<KeptSettings["schedule"]>;

/** The times of a schedule. */
export interface RunTimes {
  /**
   * The first one after a moment; undefined: there are no more.
   * @param countedFrom the last time that has come, or when the schedule began
   */
  after(moment: number, countedFrom: number): number | undefined;
  /** Where to count from at a moment: the clock may have been set back since. */
  anchor(moment: number, countedFrom: number): number;
}

/** If the clock is set back by at most this, times are not repeated; like cron(8). */
export const SMALL_STEP_MS = 3 * 3600_000;

/** From start to start, however long a run takes. After missed ones the series continues. */
export function everyTimes(everyMs: number): RunTimes {
  return {
    // Counted from a time in the future, the next run would be put off at each look.
    anchor: Math.min,
    after(moment, countedFrom) {
      // The clock was set back: the wait is no longer than that.
      if (countedFrom > moment) return moment + everyMs;
      return countedFrom + (Math.floor((moment - countedFrom) / everyMs) + 1) * everyMs;
    },
  };
}

/** Where to start looking, so that no time repeats after the clock was set back a little. */
export function searchFrom(moment: number, countedFrom: number): number {
  return Math.max(moment, anchorOfTimes(moment, countedFrom));
}

/** For times of the day: a small step back changes nothing. */
export function anchorOfTimes(moment: number, countedFrom: number): number {
  return countedFrom - moment > SMALL_STEP_MS ? moment : countedFrom;
}

/** `every 5m 00s`, `cron 0 3 * * *, Europe/Berlin`. */
export function scheduleText({ everyMs, cron, timezone, overlap }: KeptSchedule): string {
  const when = everyMs === undefined
    ? `cron ${cron}${timezone === undefined ? "" : ` in ${timezone}`}`
    : `every ${formatDuration(everyMs)}`;
  return overlap === "skip" ? when : `${when}, overlap ${overlap}`;
}
