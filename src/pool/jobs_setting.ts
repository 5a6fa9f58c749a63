import { UsageError } from "../base/errors.ts";
import type { JobsSetting } from "./types.ts";

/** What `-j` is when nothing is said: a job for each core. */
export const ONE_PER_CORE: JobsSetting = { kind: "percent", percent: 100 };

/**
 * Reads `-j`: `8`, `150%` of the cores, `+2` or `-1` beside them, `0` as many as the machine allows.
 * @throws UsageError
 */
export function parseJobs(text: string): JobsSetting {
  const match = /^([+-]?)(\d+(?:\.\d+)?)(%?)$/.exec(text);
  const amount = match ? Number(match[2]) : NaN;
  if (match && match[3] && !match[1] && amount > 0) return { kind: "percent", percent: amount };
  if (match && !match[3] && Number.isSafeInteger(amount)) {
    if (match[1]) return { kind: "cores plus", extra: match[1] === "-" ? -amount : amount };
    return amount === 0 ? { kind: "unlimited" } : { kind: "number", jobs: amount };
  }
  throw new UsageError(
    `'${text}' is not a number of jobs`,
    "write a number (8), a percentage of the cores (150%), or cores and some more (+2); 0: as many as possible",
  );
}

/**
 * How many jobs run at once; at least one.
 * @param cores that this process may use (affinity and cgroup), not necessarily whole
 * @param most how many the limits of the machine allow
 */
export function resolveJobs(setting: JobsSetting, cores: number, most: number): number {
  return Math.max(1, Math.min(most, Math.floor(wanted(setting, cores))));
}

function wanted(setting: JobsSetting, cores: number): number {
  switch (setting.kind) {
    case "number":
      return setting.jobs;
    case "percent":
      return cores * setting.percent / 100;
    case "cores plus":
      return cores + setting.extra;
    case "unlimited":
      return Infinity;
  }
}
