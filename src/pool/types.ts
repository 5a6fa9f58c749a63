// What the parts of the pool hand to each other. Text from outside stays bytes: an item may be any bytes but NUL.
import type { Ending } from "../libc/processes/wait.ts";

/**
 * One item of the input: a field, or several (columns of a line, or one from each of several sources). Of all items of a
 * job: the fields of the first, then those of the second, and so on; what `{1}`, `{2}` … count.
 */
export interface Item {
  readonly fields: readonly Uint8Array[];
}

/** Of a job that is given bytes, not items. */
export const NO_ITEMS: Item = { fields: [] };

/** A job before it has a slot: its items and number. */
export interface Job {
  /** Counts from 1, in order of submission; `{#}` and the job log's Seq. */
  readonly seq: number;
  /** If each job runs on every host: its number on that host, which is then `{#}` and the job log's Seq. */
  readonly number?: number;
  /** The name of the host it is for; any host by default. */
  readonly host?: string;
  /** Packed with `-n` and `-X`, without fields with `--pipe`. */
  readonly items: Item;
  /** What it reads, with `--pipe`. */
  readonly input?: JobInput;
  /** What it has read is gone: it cannot be tried again. */
  readonly unrepeatable?: true;
}

/** A job's number for `{#}` and the job log. */
export function numberOf({ number, seq }: Job): number {
  return number ?? seq;
}

/** A part of imp's input that a job reads as its stdin. */
export interface JobInput {
  /** Bytes. */
  readonly size: number;
  /** @returns a new descriptor at the beginning, which the caller closes */
  open(): number;
  /** No further attempt will be made. */
  release(): void;
  /** Identifies the part; empty if not needed. */
  readonly digest: string;
}

/** How a job ended. */
export type JobEnd =
  /** Its wait status. */
  | { readonly by: "itself"; readonly ending: Ending }
  /** imp ended it because its time was up; `ending` is how it died. */
  | { readonly by: "timeout"; readonly ending: Ending }
  /** imp ended it because the pool was stopped: it has no row in the job log, so it is run again on resume. */
  | { readonly by: "stop"; readonly ending: Ending }
  /** The connection to its host was lost first: how far it got is unknown. @field final it must not be tried again */
  | { readonly by: "lost"; readonly why: string; readonly final?: true }
  /** Its worker exited with status 0 without answering. */
  | { readonly by: "no answer"; readonly ending: Ending }
  /** It was never started. */
  | { readonly by: "start"; readonly errno: string };

/** What became of one attempt at a job. Times are milliseconds since 1970. */
export interface JobResult<J extends Job = Job> {
  readonly job: J;
  /** The host as in the job log; undefined: here. */
  readonly host?: string;
  readonly pid?: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly end: JobEnd;
  /** Counts from 1; more with `--retries`. */
  readonly attempt: number;
  /** Bytes given to the job, and bytes that it wrote to stdout. */
  readonly sent: number;
  readonly received: number;
}

/** The pool's current counts. */
export interface Counts {
  /** Jobs whose last attempt has ended. */
  readonly done: number;
  readonly failed: number;
  /** Jobs ended because the pool was: neither done nor failed. */
  readonly ended?: number;
  readonly running: number;
  /** The number of jobs, once the end of the input is known. */
  readonly total?: number;
  /** How many of those done another pool has printed. */
  readonly earlier?: number;
}

/** Results of the same jobs that another pool has printed. */
export interface EarlierResults {
  readonly done: number;
  readonly failed: number;
  /** The exit status of the last job that failed. */
  readonly status: number;
}

/** When the whole pool stops early; `--halt`. */
export type HaltRule =
  | { readonly when: "never" }
  | {
    /** `now`: ends running jobs; `soon`: starts no new ones and waits for them. */
    readonly when: "now" | "soon";
    readonly on: "fail" | "success" | "done";
    readonly threshold: { readonly count: number } | { readonly percent: number };
  };

/** Whether and how to stop. */
export type HaltDecision = "go on" | "soon" | "now";

/** `-j`, not yet resolved. `unlimited` is GNU parallel's 0: as many as the limits of the machine allow. */
export type JobsSetting =
  | { readonly kind: "number"; readonly jobs: number }
  | { readonly kind: "percent"; readonly percent: number }
  | { readonly kind: "cores plus"; readonly extra: number }
  | { readonly kind: "unlimited" };

/** `--retries` and related options. Times in milliseconds. */
export interface RetryRule {
  /** The maximum number of attempts, including the first. */
  readonly attempts: number;
  /** The pause before the second attempt. */
  readonly delay: number;
  /** The factor by which each further pause grows; 1: constant. */
  readonly factor: number;
  /** The longest pause. */
  readonly maxDelay: number;
  /** The random part of a pause: 0 none, 0.5 between half and all of it. */
  readonly jitter: number;
  /** Undefined: every failure. */
  readonly on?: ReadonlySet<RetryReason>;
}

/** An exit code (128+n: ended by signal n), a timeout, or a lost host. */
export type RetryReason = number | "timeout" | "lost";

/** `--timeout`: a duration in milliseconds, or a percentage of the median run time. */
export type TimeoutRule =
  | { readonly kind: "fixed"; readonly ms: number }
  | { readonly kind: "percent"; readonly percent: number };

/** One row of the job log, in GNU parallel's columns. */
export interface JoblogRow {
  readonly seq: number;
  /** `:` is this machine. */
  readonly host: string;
  /** Seconds since 1970. */
  readonly start: number;
  /** Seconds. */
  readonly runtime: number;
  readonly sent: number;
  readonly received: number;
  /** 0 for a job ended by a signal, -1 for a timeout. */
  readonly exit: number;
  readonly signal: number;
  /** Quoted for a shell. */
  readonly command: Uint8Array;
}
