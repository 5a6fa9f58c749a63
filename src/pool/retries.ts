import type { Job } from "./types.ts";

/** A job that is to be started, for the first time or once more. */
export interface Attempt {
  readonly job: Job;
  /** Counts from 1. */
  readonly number: number;
  /** Of its first start among all. */
  readonly order: number;
  /** Not before, on the clock of runtime.now(). */
  readonly due: number;
}

/** Jobs that wait for their next attempt. */
export class Retries {
  private readonly waiting: Attempt[] = [];

  get size(): number {
    return this.waiting.length;
  }

  add(attempt: Attempt): void {
    const at = this.waiting.findIndex(({ due }) => due > attempt.due);
    this.waiting.splice(at < 0 ? this.waiting.length : at, 0, attempt);
  }

  /** The first whose time has come. */
  take(now: number): Attempt | undefined {
    return this.waiting.length > 0 && this.waiting[0].due <= now ? this.waiting.shift() : undefined;
  }

  get nextDue(): number {
    return this.waiting.length > 0 ? this.waiting[0].due : Infinity;
  }

  clear(): void {
    this.waiting.length = 0;
  }
}
