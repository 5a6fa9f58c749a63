// Pure: how many jobs a host runs at a time, in the form sent to its worker.
import { jobsText, parseJobs, resolveJobs } from "../pool/rules/jobs_setting.ts";
import type { JobsSetting } from "../pool/types.ts";

/** A larger number is a mistake, or forged. */
export const MOST_SLOTS = 65_536;

/** @param cores to assume for the host; undefined: it counts its own */
export function slotsText(jobs: JobsSetting, cores: number | undefined): string {
  if (cores === undefined || jobs.kind === "unlimited") return jobsText(jobs);
  return String(resolveJobs(jobs, cores, MOST_SLOTS));
}

/** @param text from {@link slotsText} @param cores of the host */
export function resolveSlots(text: string, cores: number): number {
  return resolveJobs(parseJobs(text), cores, MOST_SLOTS);
}
