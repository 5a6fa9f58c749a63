/** The runtimes count no further, and take more for nothing at all. */
const LONGEST_MS = 2 ** 31 - 1;

export type Timer = ReturnType<typeof setTimeout>;

/**
 * Does something after so many milliseconds; never where no number is given, or one of more than 24 days.
 * @throws RangeError for NaN
 */
export function after(ms: number | undefined, work: () => void): Timer | undefined {
  if (ms === undefined || ms > LONGEST_MS) return undefined;
  if (Number.isNaN(ms)) throw new RangeError("a timeout must be a number of milliseconds, not NaN");
  return setTimeout(work, Math.max(0, ms));
}
