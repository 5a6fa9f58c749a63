import { checkTimeout } from "./arguments.ts";

/** The runtimes' timers count no further: for longer times they fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

export type Timer = ReturnType<typeof setTimeout>;

/**
 * Calls `work` after this many milliseconds; never if undefined, or more than 24 days.
 * @throws TypeError if it is not a number
 */
export function after(ms: number | undefined, work: () => void): Timer | undefined {
  checkTimeout(ms);
  if (ms === undefined || ms > LONGEST_MS) return undefined;
  return setTimeout(work, Math.max(0, ms));
}
