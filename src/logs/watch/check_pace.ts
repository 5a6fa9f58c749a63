// Pure: how often a log's size is checked.

/** Results of two looks at a log. */
export interface Growth {
  /** Bytes now, and at the previous look. */
  readonly size: number;
  readonly before: number;
  readonly elapsedMs: number;
  /** How long it has not grown. */
  readonly quietMs: number;
  /** The size at which it is cut. */
  readonly most: number;
}

const SOONEST_MS = 20, LATEST_MS = 1000;
/** A log that has not grown for so long is checked again when somebody writes to it. */
const QUIET_MS = 10_000;

/**
 * Milliseconds to the next look; `quiet`: when somebody writes to it. A log is checked several times on its way to its
 * size, at the pace at which it grows, and at least once a second: its growth may accelerate.
 */
export function nextLook({ size, before, elapsedMs, quietMs, most }: Growth): number | "quiet" {
  if (quietMs >= QUIET_MS) return "quiet";
  const rate = Math.max(0, size - before) / Math.max(1, elapsedMs);
  const left = Math.max(0, most - size);
  return Math.min(LATEST_MS, Math.max(SOONEST_MS, rate > 0 ? left / rate / 2 : LATEST_MS));
}
