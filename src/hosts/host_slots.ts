// Pure: how many jobs a host runs at once, as a worker is told and understands it.
import { jobsText, parseJobs, resolveJobs } from "../pool/rules/jobs_setting.ts";
import type { JobsSetting } from "../pool/types.ts";

/** More jobs than that at once are an accident, or a lie. */
export const MOST_SLOTS = 65_536;

/** @param cores that the host is to be taken for; undefined: it counts its own */
export function slotsText(jobs: JobsSetting, cores: number | undefined): string {
  if (cores === undefined || jobs.kind === "unlimited") return jobsText(jobs);
  return String(resolveJobs(jobs, cores, MOST_SLOTS));
}

/** @param text of {@link slotsText} @param cores that the host has */
export function resolveSlots(text: string, cores: number): number {
  return resolveJobs(parseJobs(text), cores, MOST_SLOTS);
}
