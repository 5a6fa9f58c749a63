import type { Ledger } from "../account/ledger.ts";
import type { Processes } from "./processes.ts";
import type { Running, TreeEndings } from "./tree_endings.ts";
import type { PoolSettings } from "../settings.ts";
import { ImpError } from "../../base/errors.ts";
import type { Stream } from "./capture.ts";
import type { Spool } from "./spool.ts";
import type { Job } from "../types.ts";

/** Notices when the time of a job is up. */
export class Timeouts {
  constructor(
    private readonly settings: PoolSettings,
    private readonly processes: Processes<Running>,
    private readonly trees: TreeEndings,
    private readonly ledger: Ledger,
  ) {}

  /** When {@link look} wants to be called, on the clock of runtime.now(). */
  get due(): number {
    let due = Infinity;
    if (!this.settings.timeout) return due;
    const limit = this.ledger.timeLimit();
    for (const { started, timeout } of this.processes.alive.values()) {
      if (!timeout) due = Math.min(due, started + limit);
    }
    return due;
  }

  /** For so many milliseconds nobody could do anything. */
  postpone(ms: number): void {
    for (const running of this.processes.alive.values()) running.started += ms;
  }

  look(now: number): void {
    if (!this.settings.timeout) return;
    const limit = this.ledger.timeLimit();
    for (const running of this.processes.alive.values()) {
      if (running.timeout || now < running.started + limit) continue;
      running.timeout = this.trees.begin(this.processes.treeOf(running), now);
    }
  }
}

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
