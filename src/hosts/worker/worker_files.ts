import { ownPid, workingDirectory } from "../../libc/processes/process.ts";
import { callersVariable } from "../../libc/processes/process_image.ts";
import { HostFiles, type HostFilesOwner } from "../files/host_files.ts";
import { OwnDirectories } from "../files/own_directories.ts";
import type { Trouble } from "../files/trouble.ts";
import { HOST_FRAME, hostFrame } from "../frames.ts";
import type { EndedHow, JobEnded } from "../job_frames.ts";
import type { FrameOutput } from "./frame_output.ts";
import { notStarted } from "./job_ends.ts";
import type { WorkerJob } from "./worker_job.ts";

/**
 * Files of a worker's jobs: holds jobs back until theirs have arrived, and their end until their results have been
 * transferred.
 */
export class WorkerFiles implements HostFilesOwner {
  /** The guard removes it, and what its journal lists. */
  readonly directory: string;
  private readonly files: HostFiles;
  /** Jobs waiting for their files, and whom to tell if they will not come. */
  private readonly waiting = new Map<number, { job: WorkerJob; fail: (why: JobEnded) => void }>();
  /** The state of files whose jobs have not come yet. */
  private readonly early = new Map<number, string | Trouble>();
  /** Held-back ends of jobs. */
  private readonly held = new Map<number, () => void>();

  constructor(private readonly output: FrameOutput) {
    const base = workingDirectory();
    const home = callersVariable("HOME");
    const name = `${ownPid()}-${crypto.randomUUID().slice(0, 8)}`;
    const own = new OwnDirectories(home?.startsWith("/") ? home : base, name);
    this.directory = own.top;
    this.files = new HostFiles(base, own, this);
  }

  get isBusy(): boolean {
    return this.files.busy > 0;
  }

  /** @throws ProtocolError */
  take(job: number, payload: Uint8Array): void {
    this.files.take(job, payload);
  }

  /** A job has come. @param fail called at most once, if it cannot be started */
  meet(job: WorkerJob, fail: (why: JobEnded) => void): void {
    const known = this.early.get(job.id);
    this.early.delete(job.id);
    if (known === undefined && !this.files.has(job.id)) return;
    job.needsFiles = true;
    this.waiting.set(job.id, { job, fail });
    if (typeof known === "string") this.ready(job.id, known);
    else if (known) this.failed(job.id, known);
  }

  ready(id: number, directory: string): void {
    const waiting = this.waiting.get(id);
    if (!waiting) return void this.early.set(id, directory);
    this.waiting.delete(id);
    waiting.job.hasFiles(directory);
  }

  failed(id: number, trouble: Trouble): void {
    const waiting = this.waiting.get(id);
    if (!waiting) return void this.early.set(id, trouble);
    this.waiting.delete(id);
    waiting.fail(notStarted({ errno: trouble.errno, message: trouble.text, hint: undefined }));
  }

  /** A job is over. @param tell reports its end, once nothing else of it is in transfer */
  ended(id: number, how: EndedHow, tell: () => void): void {
    const returns = how === "itself" || how === "timeout";
    if (this.files.ended(id, returns)) return tell();
    this.held.set(id, tell);
  }

  settled(id: number): void {
    const tell = this.held.get(id);
    this.held.delete(id);
    tell?.();
  }

  /** It was withdrawn. */
  cancel(id: number): void {
    this.waiting.delete(id);
    this.early.delete(id);
    this.files.cancel(id);
  }

  /** Passes on as much as is useful now. */
  fill(): void {
    while (this.output.isRoomy) {
      const next = this.files.next();
      if (!next) return;
      this.output.push(hostFrame(HOST_FRAME.file, next.job, next.payload));
    }
  }

  close(): void {
    this.files.close();
  }
}
