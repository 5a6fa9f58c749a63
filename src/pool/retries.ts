import type { Job } from "./types.ts";

/** A job that is to be tried once more. */
export interface Again {
  readonly job: Job;
  readonly attempt: number;
  /** Of its first start among all. */
  readonly order: number;
  /** Not before, on the clock of runtime.now(). */
  readonly due: number;
}

/** Jobs that wait for their next attempt. */
export class Retries {
  private readonly waiting: Again[] = [];

  get size(): number {
    return this.waiting.length;
  }

  add(again: Again): void {
    const at = this.waiting.findIndex(({ due }) => due > again.due);
    this.waiting.splice(at < 0 ? this.waiting.length : at, 0, again);
  }

  /** The first whose time has come. */
  take(now: number): Again | undefined {
    return this.waiting.length > 0 && this.waiting[0].due <= now ? this.waiting.shift() : undefined;
  }

  get nextDue(): number {
    return this.waiting.length > 0 ? this.waiting[0].due : Infinity;
  }

  clear(): void {
    this.waiting.length = 0;
  }
}
