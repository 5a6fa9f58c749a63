import type { Running } from "../../pool/process/tree_endings.ts";
import type { WorkerJob } from "./worker_job.ts";

/** Notices when a job's time is up: by its own limit, or that of all. Times are on the clock of runtime.now(). */
export class JobDeadlines {
  /** The time limit of jobs without their own, in milliseconds. */
  private usual = Infinity;
  private used = false;

  /** @param late called when this one's time is up */
  constructor(
    private readonly running: ReadonlyMap<number, Running<WorkerJob>>,
    private readonly late: (one: Running<WorkerJob>, now: number) => void,
  ) {}

  /** @param ms 0: no limit */
  limit(ms: number): void {
    this.usual = ms > 0 ? ms : Infinity;
    this.used ||= ms > 0;
  }

  private isHeld = false;

  /** The jobs are stopped, and no time runs. @param ms they continue after having been stopped for so long */
  hold(ms: number | undefined): void {
    this.isHeld = ms === undefined;
    if (ms !== undefined) this.postpone(ms);
  }

  /** A job was started. */
  started({ order }: WorkerJob): void {
    this.used ||= order.timeout > 0;
  }

  /** When to call {@link look}. */
  get due(): number {
    if (!this.used || this.isHeld) return Infinity;
    let due = Infinity;
    for (const one of this.running.values()) if (!one.timeout) due = Math.min(due, this.endOf(one));
    return due;
  }

  look(now: number): void {
    if (!this.used || this.isHeld) return;
    for (const one of this.running.values()) {
      if (!one.timeout && now >= this.endOf(one)) this.late(one, now);
    }
  }

  /** Nobody could act for so many milliseconds. */
  postpone(ms: number): void {
    for (const one of this.running.values()) one.started += ms;
  }

  private endOf({ job: { order: { timeout } }, started }: Running<WorkerJob>): number {
    return started + (timeout > 0 ? timeout : this.usual);
  }
}
