import { HOST_FRAME, hostFrame } from "../frames.ts";
import type { JobEnded } from "../job_frames.ts";
import type { FrameOutput } from "./frame_output.ts";
import type { WorkerFiles } from "./worker_files.ts";
import type { WorkerJob } from "./worker_job.ts";

/** Jobs that have come and were not begun, in order of arrival. */
export class WaitingJobs {
  /** By their numbers in frames. */
  private readonly jobs = new Map<number, WorkerJob>();

  /** @param refused a job's files cannot be had; it does not wait any more */
  constructor(
    private readonly output: FrameOutput,
    private readonly files: WorkerFiles | undefined,
    private readonly refused: (job: WorkerJob, why: JobEnded) => void,
  ) {}

  get size(): number {
    return this.jobs.size;
  }

  has(id: number): boolean {
    return this.jobs.has(id);
  }

  get(id: number): WorkerJob | undefined {
    return this.jobs.get(id);
  }

  add(job: WorkerJob): void {
    this.jobs.set(job.id, job);
    this.files?.meet(job, (why) => {
      this.jobs.delete(job.id);
      this.refused(job, why);
    });
  }

  /** The first one that has all it needs. */
  get next(): WorkerJob | undefined {
    for (const job of this.jobs.values()) if (job.isReady) return job;
    return undefined;
  }

  /** It was begun, or cannot be. */
  remove({ id }: WorkerJob): void {
    this.jobs.delete(id);
  }

  returnAll(): void {
    for (const id of [...this.jobs.keys()]) this.return(id);
  }

  /** Nothing has happened, and nothing will: the client hears that. */
  return(id: number): void {
    const job = this.jobs.get(id);
    if (!job) return;
    this.jobs.delete(id);
    job.input?.release();
    this.files?.cancel(id);
    this.output.push(hostFrame(HOST_FRAME.returned, id));
  }
}
