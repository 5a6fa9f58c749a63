import { readTextOrNothing } from "../libc/descriptors/files.ts";

/**
 * When a process last ran, in milliseconds on the scheduler's clock of the CPU it ran on: `se.exec_start` in
 * /proc/PID/sched. Each CPU has a clock of its own, from which stolen time is left out, so only numbers of one CPU may be
 * compared.
 * @returns undefined where the kernel has no such file (CONFIG_SCHED_DEBUG)
 */
export function lastRun(pid: number | "self"): number | undefined {
  return parseLastRun(readTextOrNothing(`/proc/${pid}/sched`) ?? "");
}

/** The name of the process stands in the first line and may look like anything: the last match counts. */
export function parseLastRun(text: string): number | undefined {
  const all = [...text.matchAll(/^se\.exec_start\s*:\s*(\d+\.\d+)$/gm)];
  const found = all.at(-1);
  return found && Number(found[1]);
}

/** The CPU that a process last ran on: field 39 of /proc/PID/stat. */
export function lastCpu(pid: number): number | undefined {
  const text = readTextOrNothing(`/proc/${pid}/stat`);
  const field = text?.slice(text.lastIndexOf(")") + 2).split(" ")[39 - 3];
  return field === undefined ? undefined : Number(field);
}

/**
 * CPU time that a thread of this process has used, in milliseconds: /proc/self/task/TID/schedstat.
 * @returns undefined where the kernel does not count it (CONFIG_SCHED_INFO)
 */
export function threadTime(thread: number): number | undefined {
  const text = readTextOrNothing(`/proc/self/task/${thread}/schedstat`);
  // Nanoseconds; a thread that has run has used some.
  return Number(text?.split(" ")[0]) / 1e6 || undefined;
}
