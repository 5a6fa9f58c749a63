import type { ImpError } from "../../base/errors.ts";
import { errnoNumber } from "../../libc/calling/errno.ts";
import type { ExitedJob } from "../../pool/process/job_processes.ts";
import { peakMemory } from "../../pool/account/record.ts";
import type { Running } from "../../pool/process/tree_endings.ts";
import type { EndedHow, JobEnded } from "../job_frames.ts";
import type { WorkerJob } from "./worker_job.ts";

/** What the client is told of a job whose process has been reaped. */
export function endedOf(
  { running, status, endedAt, usage }: ExitedJob,
  how: EndedHow,
  slot: number,
): JobEnded {
  return {
    ...{ how, status, pid: running.pid, slot, why: "" },
    start: running.startedAt / 1000,
    seconds: Math.max(0, endedAt - running.startedAt) / 1000,
    userSeconds: usage.userTime / 1000,
    systemSeconds: usage.systemTime / 1000,
    maxResident: ownMemoryOf(usage.maxResident),
  };
}

/** What ended a job that did not do well. */
export function howEnded({ job, timeout }: Running, stopped: boolean): EndedHow {
  if ((job as WorkerJob).isCancelled || (stopped && !timeout)) return "cancelled";
  return timeout ? "timeout" : "itself";
}

let peak = 0;

/** What a process had before exec was imp's own memory: only what is more is the job's. */
function ownMemoryOf(bytes: number): number {
  if (bytes > peak) peak = peakMemory();
  return bytes > peak ? bytes : 0;
}

/** What it is told of one that had none. */
export function notStarted(
  { errno = "EINVAL", message, hint }: Pick<ImpError, "errno" | "message" | "hint">,
): JobEnded {
  return {
    how: "not started",
    status: errnoNumber(errno),
    ...{ pid: 0, slot: 0, start: Date.now() / 1000, seconds: 0 },
    ...{ userSeconds: 0, systemSeconds: 0, maxResident: 0 },
    why: hint ? `${message}; ${hint}` : message,
  };
}
