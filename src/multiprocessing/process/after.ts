import { checkTimeout } from "./arguments.ts";

/** The runtimes count no further, and take more for nothing at all. */
const LONGEST_MS = 2 ** 31 - 1;

export type Timer = ReturnType<typeof setTimeout>;

/**
 * Does something after so many milliseconds; never where no number is given, or one of more than 24 days.
 * @throws TypeError for what is no number
 */
export function after(ms: number | undefined, work: () => void): Timer | undefined {
  checkTimeout(ms);
  if (ms === undefined || ms > LONGEST_MS) return undefined;
  return setTimeout(work, Math.max(0, ms));
}
