import { type ImpError, sentenceOf } from "../../base/errors.ts";
import { errnoNumber } from "../../libc/calling/errno.ts";
import type { ExitedJob } from "../../pool/process/job_processes.ts";
import { peakMemory } from "../../procfs/usage.ts";
import type { Running } from "../../pool/process/tree_endings.ts";
import type { EndedHow, JobEnded } from "../job_frames.ts";
import type { WorkerJob } from "./worker_job.ts";

/** What to report to the client about a reaped job. */
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

/** How an unsuccessful job ended. */
export function howEnded({ job, timeout }: Running<WorkerJob>, stopped: boolean): EndedHow {
  if (job.isCancelled || (stopped && !timeout)) return "cancelled";
  return timeout ? "timeout" : "itself";
}

let peak = 0;

/** Before exec, the process had imp's own memory: only a larger figure is the job's. */
function ownMemoryOf(bytes: number): number {
  if (bytes > peak) peak = peakMemory();
  return bytes > peak ? bytes : 0;
}

/** What to report about a job that was not started. */
export function notStarted(error: Pick<ImpError, "errno" | "message" | "hint">): JobEnded {
  const { errno = "EINVAL" } = error;
  return {
    how: "not started",
    status: errnoNumber(errno),
    ...{ pid: 0, slot: 0, start: Date.now() / 1000, seconds: 0 },
    ...{ userSeconds: 0, systemSeconds: 0, maxResident: 0 },
    why: sentenceOf(error),
  };
}
