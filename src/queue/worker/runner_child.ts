import type { AttemptOutput } from "./attempt_output.ts";
import type { TakenJob } from "./held_job.ts";
import type { WorkerChild } from "./worker_child.ts";

/** A child's job. */
export interface ChildJob {
  readonly job: TakenJob;
  readonly output: AttemptOutput;
  cancelled: boolean;
}

/** A child and its work. All its runs have the same setup. */
export interface RunnerChild {
  readonly worker: WorkerChild;
  readonly jobs: Map<number, ChildJob>;
  lastJob: number;
  /** It has resident workers: the terminator of their answers. */
  readonly terminator: Uint8Array | undefined;
  /** Their records' time limit in milliseconds; 0: none. */
  limit: number;
  /** Credit not yet returned. */
  credit: number;
  isReady: boolean;
  /** Why it cannot run jobs with this setup. */
  refusal?: string;
}

/** It runs, and nothing of its output waits for the servers: it may wait for room to write more. */
export function isAtWork({ output }: ChildJob): boolean {
  return !output.isWaiting;
}
