/** How good or bad a fact is for daemons. */
export type Grade =
  /** As it should be. */
  | "good"
  /** Worth knowing; nothing is wrong. */
  | "note"
  /** Will cause trouble sooner or later. */
  | "warning"
  /** Something does not work: the exit status is 1. */
  | "problem"
  /** Could not be found out. */
  | "unknown";

/** One thing about this host. */
export interface Finding {
  /** Stable name for programs: `reaping`, `cgroup` … */
  readonly check: string;
  readonly grade: Grade;
  /** The fact, in a few words. */
  readonly fact: string;
  /** What it means for daemons here, as a sentence without full stop. */
  readonly meaning: string;
  /** What can be done about it. */
  readonly advice?: string;
  /** The same as data for programs. */
  readonly data?: Readonly<Record<string, unknown>>;
}
