import type { Capture } from "./capture.ts";
import type { LivePipes } from "./live_output.ts";
import type { TreeEnding } from "./tree_endings.ts";
import type { Job } from "./types.ts";

/** A job that runs. */
export interface Running {
  readonly job: Job;
  readonly attempt: number;
  /** Of its first start among all; what `-k` goes by. */
  readonly order: number;
  /** Bytes given to it on stdin. */
  readonly sent: number;
  readonly slot: number;
  readonly pid: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** On the clock of runtime.now(); later by the time for which everybody was suspended. */
  started: number;
  readonly capture?: Capture;
  readonly pipes?: LivePipes;
  /** Its time is up, and this ends it. */
  timeout?: TreeEnding;
}

/** The lowest numbers that are not taken, from 1 on; `{%}`. */
export class Slots {
  private readonly taken: boolean[] = [];

  take(): number {
    let slot = 1;
    while (this.taken[slot]) slot++;
    this.taken[slot] = true;
    return slot;
  }

  release(slot: number): void {
    this.taken[slot] = false;
  }
}
