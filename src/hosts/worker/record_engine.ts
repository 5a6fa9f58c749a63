import { runtime } from "../../runtime/mod.ts";
import { Loop, type Work } from "../../pool/loop.ts";
import type { JobSource } from "../../pool/settings.ts";
import { Crew } from "../../pool/workers/crew.ts";
import type { WorkerSettings } from "../../pool/workers/worker_settings.ts";
import { HOST_FRAME, hostFrame } from "../frames.ts";
import type { WorkerSetup } from "../greeting.ts";
import { ClientWatch } from "./client_watch.ts";
import type { FrameOutput } from "./frame_output.ts";
import { RecordFrames } from "./record_frames.ts";
import { endOfWorker, workerNotices } from "./worker_end.ts";
import type { WorkerJob } from "./worker_job.ts";

const NO_TICKER = { next: () => Infinity, tick() {}, makeRoom() {} };

/** Has workers of one program answer a client's records, each of which is a job, and sends the answers. */
export class RecordEngine implements Work {
  /** Records not given to a worker, by their numbers in frames, in order of arrival. */
  readonly waiting = new Map<number, WorkerJob>();
  readonly watch: ClientWatch;
  readonly loop: Loop;
  readonly files = undefined;
  readonly deadlines: { limit(ms: number): void };
  private readonly crew: Crew<WorkerJob>;
  private readonly frames: RecordFrames;
  /** A record's time limit in milliseconds. */
  private most = Infinity;
  /** Its jobs are stopped, with the client. */
  private isHeld = false;
  /** The client wants nothing more to begin. */
  private isCancelled = false;
  /** No more records come. */
  isClosing = false;

  constructor(
    setup: WorkerSetup,
    private readonly settings: WorkerSettings,
    private readonly output: FrameOutput,
    source: JobSource,
  ) {
    this.deadlines = { limit: (ms) => this.most = ms > 0 ? ms : Infinity };
    const frames = this.frames = new RecordFrames(output, () => this.loop.stop !== undefined);
    this.crew = new Crew(settings, {
      source: new WaitingRecords(this.waiting, () => this.isClosing),
      ledger: { timeLimit: () => this.most },
      writer: frames,
      outcomes: frames,
    });
    output.refill = () => frames.pump();
    const gone = () => this.loop.stopNow({ why: "gone" });
    this.watch = new ClientWatch(setup, output, gone, (ms) => this.hold(ms));
    const notices = workerNotices((text) => frames.note(text));
    const ledger = { cannotRecord: false, notices };
    const { processes } = this.crew.processes;
    const { pool } = settings;
    this.loop = new Loop(this, {
      ...{ settings: pool, source, ledger, ticker: NO_TICKER, writer: output, processes },
      end: endOfWorker(processes, pool, () => this.loop.stop, notices),
    });
  }

  /** A record has come. */
  add(job: WorkerJob): void {
    this.waiting.set(job.id, job);
  }

  /** A worker ended badly although all its records were answered, and nobody had wished its end. */
  get troubled(): boolean {
    return this.crew.troubled && !this.isCancelled;
  }

  get busy(): number {
    return this.crew.dispatcher.busy;
  }

  get isDone(): boolean {
    return this.isClosing && this.frames.isEmpty && this.crew.dispatcher.isDone;
  }

  readonly held = false;
  readonly unprinted = [];

  get live(): number {
    const takes = this.output.credit > 0 && this.frames.isEmpty;
    return takes || this.loop.stop ? this.crew.processes.fd : -1;
  }

  begin(): void {
    this.frames.pump();
    if (this.loop.stop) return;
    const now = runtime.now();
    if (this.isCancelled || this.settings.pool.jobLimit.value === 0) this.returnAll();
    else this.crew.dispatcher.feed(now);
    if (this.isClosing) this.crew.conclude(now, this.loop.end);
  }

  wantsInput(): boolean {
    return true;
  }

  listen(): void {
    this.crew.listen();
  }

  reap(): void {
    this.crew.reap();
  }

  look(now: number): void {
    if (!this.loop.stop && !this.isHeld) this.crew.look(now);
    this.watch.look(now);
  }

  due(now: number): number {
    if (this.loop.stop || this.isHeld) return this.watch.due;
    return Math.min(this.watch.due, this.crew.due(now, this.loop.end));
  }

  /** Records not begun stay so; the state of those with workers is unknown. */
  stopped(): void {
    this.returnAll();
    if (this.loop.stop?.why === "failed") {
      for (const { books } of this.crew.processes.workers.values()) {
        for (const { attempt } of books.unanswered) this.frames.lost(attempt.job);
      }
    }
    this.crew.stop();
  }

  lastWords(): void {
    this.crew.processes.trees.giveUp();
    // Reports about records come before the reason why it cannot go on.
    if (this.loop.stop?.why === "failed") this.frames.sayAll();
    else this.frames.pump();
  }

  wasSuspended(ms: number): void {
    this.crew.wasSuspended(ms);
    this.watch.postpone(ms);
  }

  nameOf(pid: number): string | undefined {
    return this.crew.nameOf(pid);
  }

  /** @param first the name of slot 1; 0: unchanged */
  setSlots(slots: number, first: number): void {
    if (first > 0) this.crew.processes.firstSlot = first;
    this.settings.pool.jobLimit.value = slots;
  }

  /** The client does not want the record. @param id 0: nor any other */
  cancel(id: number): void {
    this.isCancelled ||= id === 0;
    const job = this.waiting.get(id);
    if (job) return this.giveBack([job]);
    for (const worker of this.crew.processes.workers.values()) {
      const first = worker.books.first?.attempt.job;
      if (first?.isCancelled || worker.ending || (id !== 0 && first?.id !== id)) continue;
      if (first) first.isCancelled = true;
      this.crew.end(worker, runtime.now());
    }
  }

  /** No worker has these: nothing has happened, and nothing will. */
  private returnAll(): void {
    const taken = this.crew.queue.takeWaiting().map(({ job }) => job);
    this.giveBack([...taken, ...this.waiting.values()]);
  }

  private giveBack(jobs: readonly WorkerJob[]): void {
    for (const { id } of jobs) {
      this.waiting.delete(id);
      this.output.push(hostFrame(HOST_FRAME.returned, id));
    }
  }

  private hold(ms: number | undefined): void {
    this.isHeld = ms === undefined;
    if (ms !== undefined) this.crew.wasSuspended(ms);
  }
}

/** The received records, one after the other. */
class WaitingRecords implements JobSource<WorkerJob> {
  readonly fd = -1;
  readonly total = undefined;

  constructor(
    private readonly waiting: Map<number, WorkerJob>,
    private readonly isClosing: () => boolean,
  ) {}

  get ended(): boolean {
    return this.isClosing() && this.waiting.size === 0;
  }

  next(): WorkerJob | undefined {
    for (const job of this.waiting.values()) {
      this.waiting.delete(job.id);
      return job;
    }
    return undefined;
  }

  read(): void {}
}
