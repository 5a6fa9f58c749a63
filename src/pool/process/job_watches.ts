import type { Ledger } from "../account/ledger.ts";
import type { Processes } from "./processes.ts";
import type { Running, TreeEndings } from "./tree_endings.ts";
import type { PoolSettings } from "../settings.ts";
import { ImpError } from "../../base/errors.ts";
import type { Stream } from "./capture.ts";
import type { Spool } from "./spool.ts";
import type { Job } from "../types.ts";

/** Notices when a job's time is up. */
export class Timeouts {
  constructor(
    private readonly settings: PoolSettings,
    private readonly processes: Processes<Running>,
    private readonly trees: TreeEndings,
    private readonly ledger: Ledger,
  ) {}

  /** When to call {@link look}, on the clock of runtime.now(). */
  get due(): number {
    let due = Infinity;
    if (!this.settings.timeout) return due;
    const limit = this.ledger.timeLimit();
    for (const { started, timeout } of this.processes.alive.values()) {
      if (!timeout) due = Math.min(due, started + limit);
    }
    return due;
  }

  /** Nobody could act for so many milliseconds. */
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
/** The maximum output of a running job in memory; the rest goes to disk. */
const MOST_IN_MEMORY = 8 << 20;

/** Keeps running jobs' output from filling memory: a job may print more than the machine has. */
export class MemoryWatch {
  private nextLook = 0;

  constructor(
    private readonly running: ReadonlyMap<number, Running>,
    private readonly spool: Spool,
  ) {}

  /** When to call {@link look}. */
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
