import { ImpError } from "../base/errors.ts";
import type { Stream } from "./capture.ts";
import type { Running } from "./running.ts";
import type { Spool } from "./spool.ts";
import type { Job } from "./types.ts";

const LOOK_MS = 200;
/** A running job may have so much output in memory. What is more goes to disk. */
const MOST_IN_MEMORY = 8 << 20;

/** Keeps the output of running jobs from filling the memory: a job may print more than the machine has. */
export class MemoryWatch {
  private nextLook = 0;

  constructor(
    private readonly running: ReadonlyMap<number, Running>,
    private readonly spool: Spool,
  ) {}

  /** When {@link look} wants to be called. */
  get due(): number {
    return this.running.size > 0 ? this.nextLook : Infinity;
  }

  look(now: number): void {
    if (now < this.nextLook) return;
    this.nextLook = now + LOOK_MS;
    for (const { job, capture } of this.running.values()) {
      if (!capture) return;
      for (const stream of [capture.out, capture.err]) {
        if (stream.held > MOST_IN_MEMORY) this.move(stream, job);
      }
    }
  }

  private move(stream: Stream, { seq }: Job): void {
    try {
      stream.moveTo(this.spool);
    } catch (error) {
      if (!(error instanceof ImpError)) throw error;
      throw error.with({ action: `keep the output of job ${seq} in` });
    }
  }
}
