// Pure: what a run is now, of what is known of it.
import type { RunClosed, RunOrder, RunSetup } from "../run_records.ts";

/** What stands in the streams about a run, counted. */
export interface RunCounts {
  /** Jobs with an end. */
  readonly ended: number;
  /** Of these, those that did not succeed. */
  readonly failed: number;
  /** The highest number of a job that anything is known of. */
  readonly last: number;
  /** Jobs that were put aside because the run is paused. */
  readonly parked: number;
  /** Whether there are jobs that wait, are put aside or run: those whose end is not acknowledged. */
  readonly queued: boolean;
}

export interface RunFacts {
  readonly run: string;
  readonly setup: RunSetup | undefined;
  readonly closed: RunClosed | undefined;
  readonly order: RunOrder;
  /** Whether a client is there that submits or prints. */
  readonly attached: boolean;
  /** Whether a worker takes its jobs; undefined: it has none that wait, or nobody knows. */
  readonly served: boolean | undefined;
  readonly counts: RunCounts;
}

/**
 * `submitting`: more jobs come; `running`: all are there; `delayed`: none is begun before its time; `left`: whoever submitted is gone, and its input had not ended;
 * `done`: every job has its end. Over are the last three.
 */
export type QueueRunState =
  | "submitting"
  | "running"
  | "paused"
  | "delayed"
  | "cancelling"
  | "left"
  | "done"
  | "cancelled";

export function queueRunState(facts: RunFacts): QueueRunState {
  const { order, closed, attached, counts } = facts;
  if (!counts.queued) {
    if (order === "cancel" || order === "remove") return "cancelled";
    if (closed === undefined) return attached ? "submitting" : "left";
    return closed.whole ? "done" : "left";
  }
  if (order === "cancel" || order === "remove") return "cancelling";
  if (order === "pause") return "paused";
  if (isEarly(facts)) return "delayed";
  return closed === undefined && attached ? "submitting" : "running";
}

/** Whether it is not time yet to begin its jobs. */
export function isEarly({ setup }: Pick<RunFacts, "setup">, now = Date.now()): boolean {
  return setup?.notBefore !== undefined && now < setup.notBefore;
}

/** When its jobs are begun at the earliest. */
export function notBeforeText({ setup }: Pick<RunFacts, "setup">): string {
  return `not before ${new Date(setup?.notBefore ?? 0).toISOString()}`;
}

/** Jobs of which it is known that there will be so many, or there are so many until now. */
export function totalJobs({ closed, counts }: RunFacts): number {
  return Math.max(closed?.total ?? 0, counts.last);
}

/** Jobs that will have an end and have none. */
export function waitingJobs(facts: RunFacts): number {
  return facts.counts.queued ? Math.max(0, totalJobs(facts) - facts.counts.ended) : 0;
}

/** Whether nothing will happen to it any more. */
export function isRunOver(state: QueueRunState): boolean {
  return state === "done" || state === "cancelled" || state === "left";
}

/** What was done to a run. */
export interface RunDone {
  readonly text: string;
  /** Jobs that were submitted again. */
  readonly moved?: number;
  /** The run that they belong to now. */
  readonly as?: string;
}
