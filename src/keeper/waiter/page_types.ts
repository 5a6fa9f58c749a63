import type { Ending } from "../../libc/processes/wait.ts";
import type { WaiterEvent } from "./page_layout.ts";

/** How often each event has occurred, or has been handled. */
export type WaiterCounts = Readonly<Record<WaiterEvent, number>>;

/** The end of a process reaped by a waiter. */
export interface KeptEnd {
  readonly pid: number;
  readonly ending: Ending;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Milliseconds of CPU time of it and of those it has waited for. */
  readonly cpuMs: number;
  /** The largest resident size among them. */
  readonly maxRssBytes: number;
}

/** The end of a turn's work: what its waiters should do next. */
export interface TurnOutcome {
  /** `raised` of the page as the turn read it at its beginning: these events have been handled. */
  readonly handled: WaiterCounts;
  /** The waiters should exit. */
  readonly leave?: boolean;
  /**
   * The waiter, which has no partner, should fork one. Only while there is no program: it would stay a child of the
   * guard.
   */
  readonly pair?: boolean;
}
