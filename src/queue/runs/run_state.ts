// Pure: a run's state, from what is known of it.
import type { Served } from "../client/serving.ts";
import type { RunClosed, RunOrder, RunSetup } from "../run_records.ts";

/** What the streams contain about a run, counted. */
export interface RunCounts {
  /** Jobs with an end. */
  readonly ended: number;
  /** Those of them that did not succeed. */
  readonly failed: number;
  /** The highest known number of a job. */
  readonly last: number;
  /** Jobs parked because the run is paused. */
  readonly parked: number;
  /** Whether jobs wait, are parked or run: those whose end is not acknowledged. */
  readonly queued: boolean;
}

export interface RunFacts {
  readonly run: string;
  readonly setup: RunSetup | undefined;
  readonly closed: RunClosed | undefined;
  readonly order: RunOrder;
  /** Whether a client is submitting or printing. */
  readonly attached: boolean;
  /** Whether a worker takes its jobs; undefined: none wait, or it is unknown. */
  readonly served: Served | undefined;
  readonly counts: RunCounts;
  /** When this was so, and when the run began, milliseconds since 1970 by the servers' clock. */
  readonly now: number;
  readonly begun: number;
}

/**
 * `submitting`: more jobs come; `running`: all are there; `delayed`: none begins before its time; `left`: the submitter
 * is gone before its input ended; `done`: every job has its end. The last three are over.
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

/** Whether it is too early to begin its jobs. */
export function isEarly({ setup, now }: Pick<RunFacts, "setup" | "now">): boolean {
  return setup?.notBefore !== undefined && now < setup.notBefore;
}

/** The earliest start of its jobs. */
export function notBeforeText({ setup }: Pick<RunFacts, "setup">): string {
  return `not before ${new Date(setup?.notBefore ?? 0).toISOString()}`;
}

/** Whether `imp runs retry` was interrupted, or has not submitted all of its jobs yet. */
export function isHalfRetried({ setup, closed }: Pick<RunFacts, "setup" | "closed">): boolean {
  return setup?.retryOf !== undefined && !closed?.whole;
}

/** The final number of jobs if known, else the number so far. */
export function totalJobs({ closed, counts }: RunFacts): number {
  return Math.max(closed?.total ?? 0, counts.last);
}

/** Jobs that will have an end but do not yet. */
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
  /** Resubmitted jobs. */
  readonly moved?: number;
  /** Their new run. */
  readonly as?: string;
}
