import { UsageError } from "./errors.ts";

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Parses a duration such as `300ms`, `5s`, `1.5m`, `2h`, `1d`, or several in a row (`1h30m`).
 * A bare number is seconds, as for sleep(1) and timeout(1).
 * @returns milliseconds
 * @throws UsageError if the text is not a duration
 */
export function parseDuration(text: string): number {
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : sumOfUnits(text);
  if (ms <= Number.MAX_SAFE_INTEGER) return ms;
  throw new UsageError(`'${text}' is not a duration`, "write for example 300ms, 5s, 2m or 1h");
}

/**
 * Formats a duration in at most two units: `850ms`, `10s`, `12.3s`, `4m 05s`, `3h 20m`, `5d 2h`.
 * @param ms milliseconds, not negative
 */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.floor(ms)}ms`;
  // A round value was set by somebody and is shown as written; a measured one is hardly ever round.
  if (ms < 60_000 && ms % 1000 === 0) return `${ms / 1000}s`;
  if (ms < 60_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)}s`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${two(seconds % 60)}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)}h ${two(minutes % 60)}m`;
  const hours = Math.floor(minutes / 60);
  return `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

/** A look takes a moment, and clocks are corrected by a little all the time. */
const SLACK_MS = 1000;

/** Whether a recorded time lies in the future: the clock was set back since. Both in milliseconds since the epoch. */
export function isAhead(at: number, now: number): boolean {
  return at > now + SLACK_MS;
}

/** How long ago something was; `?` if the clock does not tell, see {@link isAhead}. */
export function formatAge(at: number, now: number): string {
  return isAhead(at, now) ? "?" : formatDuration(Math.max(0, now - at));
}

/** @returns NaN if the text is not a sequence of amounts with units */
function sumOfUnits(text: string): number {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/.test(text)) return NaN;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    total += Number(amount) * UNITS[unit];
  }
  return total;
}

function two(n: number): string {
  return String(n).padStart(2, "0");
}
