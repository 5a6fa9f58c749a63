import { endingOf } from "../../libc/processes/wait.ts";
import { runtime } from "../../runtime/mod.ts";
import { Captures } from "../../pool/process/capture.ts";
import { type ExitedJob, JobProcesses } from "../../pool/process/job_processes.ts";
import { MemoryWatch } from "../../pool/process/job_watches.ts";
import { LiveOutput } from "../../pool/output/live_output.ts";
import { Loop, type Work } from "../../pool/loop.ts";
import type { JobSource, PoolSettings } from "../../pool/settings.ts";
import { Spool } from "../../pool/process/spool.ts";
import { StartPatience } from "../../pool/process/starter.ts";
import { type Running, type TreeEnding, TreeEndings } from "../../pool/process/tree_endings.ts";
import type { ImpError } from "../../base/errors.ts";
import { HOST_FRAME, textFrame } from "../frames.ts";
import type { WorkerSetup } from "../greeting.ts";
import { endedFrame, type JobEnded, startedFrame } from "../job_frames.ts";
import { EndedOutputs } from "./ended_outputs.ts";
import { ClientWatch } from "./client_watch.ts";
import type { FrameOutput } from "./frame_output.ts";
import { JobDeadlines } from "./job_deadlines.ts";
import type { Permissions } from "./permissions.ts";
import { LiveFrames } from "./live_frames.ts";
import { Programs } from "./programs.ts";
import { endedOf, howEnded, notStarted } from "./job_ends.ts";
import { WaitingJobs } from "./waiting_jobs.ts";
import { endOfWorker, workerNotices } from "./worker_end.ts";
import type { WorkerFiles } from "./worker_files.ts";
import type { WorkerJob } from "./worker_job.ts";

/** How long to wait when the machine cannot start a process. */
const LATER_MS = 100;
const ASK_AGAIN_MS = 1000;
/** JavaScriptCore would let garbage grow to 30 MB before collecting. */
const COLLECT_EVERY = 4096;
const NO_TICKER = { next: () => Infinity, tick() {}, makeRoom() {} };

/** Runs a client's jobs and reports what becomes of them. ClientOrders reads the client's messages. */
export class WorkerEngine implements Work {
  private readonly spool = new Spool();
  private readonly captures = new Captures(this.spool, () => !this.jobs.processes.hasLeftovers());
  private readonly jobs: JobProcesses<WorkerJob>;
  private readonly liveOutput: LiveOutput | undefined;
  private readonly trees: TreeEndings;
  private readonly memory: MemoryWatch;
  private readonly outputs: EndedOutputs;
  private readonly patience = new StartPatience();
  private programs!: Programs;
  private readonly relay: LiveFrames;
  readonly waiting: WaitingJobs;
  readonly deadlines: JobDeadlines;
  readonly watch: ClientWatch;
  readonly loop: Loop;
  private notBefore = 0;
  private orphansEnded = 0;
  private ended = 0;
  /** No more jobs come. */
  isClosing = false;

  /** @param setup how jobs are run @param settings the same for the pool's parts */
  constructor(
    private readonly setup: WorkerSetup,
    private readonly settings: PoolSettings,
    private readonly output: FrameOutput,
    source: JobSource,
    permissions: Permissions | undefined,
    readonly files?: WorkerFiles,
  ) {
    this.waiting = new WaitingJobs(output, files, (job, why) => this.close(job, why));
    this.relay = new LiveFrames(output);
    if (setup.output !== "group") {
      this.liveOutput = new LiveOutput(this.relay, setup.output === "line");
    }
    this.jobs = new JobProcesses(
      settings,
      this.captures,
      this.liveOutput,
      (environment) => this.programs = new Programs(environment, setup, settings, permissions),
    );
    const { processes, running } = this.jobs;
    this.trees = new TreeEndings(settings.termSteps);
    this.deadlines = new JobDeadlines(running, (one, now) => this.endTree(one, now));
    this.memory = new MemoryWatch(running, this.spool);
    const gone = () => this.loop.stopNow({ why: "gone" });
    this.watch = new ClientWatch(setup, output, gone, (ms) => this.deadlines.hold(ms));
    const full = ({ message }: ImpError) => this.note(message);
    this.outputs = new EndedOutputs(output, this.captures, this.spool, full);
    output.refill = () => {
      this.files?.fill();
      this.outputs.pump();
    };
    const notices = workerNotices((text) => this.note(text));
    const ledger = { cannotRecord: false, notices };
    this.loop = new Loop(this, {
      ...{ settings, source, ledger, ticker: NO_TICKER, writer: output, processes },
      end: endOfWorker(processes, settings, () => this.loop.stop, notices),
    });
  }

  /** A job has come. */
  add(job: WorkerJob): void {
    this.waiting.add(job);
  }

  get busy(): number {
    return this.jobs.running.size + this.trees.size;
  }

  get isDone(): boolean {
    return this.isClosing && this.waiting.size === 0 && this.trees.size === 0 &&
      this.outputs.isEmpty && !this.files?.isBusy;
  }

  readonly held = false;
  readonly troubled = false;
  readonly unprinted = [];

  get live(): number {
    return this.output.credit > 0 ? this.liveOutput?.fd ?? -1 : -1;
  }

  begin(): void {
    while (this.waiting.size > 0 && this.busy < this.settings.jobLimit.value && this.mayStart()) {
      const { next } = this.waiting;
      if (!next || !this.start(next)) break;
    }
    this.output.refill();
  }

  wantsInput(): boolean {
    return true;
  }

  listen(): void {
    this.liveOutput?.read();
  }

  reap(): void {
    this.jobs.reap((exited) => this.exited(exited));
  }

  look(now: number): void {
    this.memory.look(now);
    this.deadlines.look(now);
    const { orphansEnded } = this.jobs.processes;
    this.trees.look(now, orphansEnded !== this.orphansEnded);
    this.orphansEnded = orphansEnded;
    this.watch.look(now);
  }

  due(now: number): number {
    const due = Math.min(this.memory.due, this.deadlines.due, this.trees.due, this.watch.due);
    return this.waiting.size > 0 && this.notBefore > now ? Math.min(due, this.notBefore) : due;
  }

  /** Jobs not begun stay so. */
  stopped(): void {
    this.waiting.returnAll();
  }

  lastWords(): void {
    this.trees.giveUp();
    this.outputs.pump();
    if (this.loop.stop) this.outputs.drop();
    this.files?.close();
  }

  wasSuspended(ms: number): void {
    this.deadlines.postpone(ms);
    this.trees.postpone(ms);
    this.watch.postpone(ms);
  }

  nameOf(pid: number): string | undefined {
    const running = this.jobs.running.get(pid);
    return running && `job ${running.job.seq}`;
  }

  note(text: string): void {
    this.output.push(textFrame(HOST_FRAME.note, text));
  }

  /** @param first the name of slot 1; 0: unchanged */
  setSlots(slots: number, first: number): void {
    if (first > 0) this.programs.firstSlot = first;
    this.settings.jobLimit.value = slots;
    if (slots === 0) this.waiting.returnAll();
  }

  /** The client does not want the job. @param id 0: nor any other */
  cancel(id: number): void {
    if (id === 0) this.waiting.returnAll();
    else this.waiting.return(id);
    for (const one of this.jobs.running.values()) {
      const { job } = one;
      if (job.isCancelled || (id !== 0 && job.id !== id)) continue;
      job.isCancelled = true;
      this.endTree(one, runtime.now());
    }
  }

  private endTree(one: Running<WorkerJob>, now: number): void {
    one.timeout ??= this.trees.begin(this.jobs.processes.treeOf(one), now);
  }

  private mayStart(): boolean {
    if (this.loop.stop || this.outputs.isStrained || this.output.credit <= 0) return false;
    const now = runtime.now();
    if (now < this.notBefore) return false;
    if (!this.settings.mayStart || this.settings.mayStart()) return true;
    this.notBefore = now + ASK_AGAIN_MS;
    return false;
  }

  /** @returns false if the machine cannot start anything now */
  private start(job: WorkerJob): boolean {
    const now = runtime.now();
    this.programs.order = job.order;
    const start = this.jobs.start({ job, number: 1, order: 0, due: 0 }, now);
    if ("later" in start && !this.patience.isOver(start.later.errno, this.busy, now)) {
      this.notBefore = now + LATER_MS;
      return false;
    }
    this.waiting.remove(job);
    if (!("running" in start)) {
      this.close(job, notStarted("later" in start ? start.later : start.error));
      return true;
    }
    this.patience.restore();
    this.deadlines.started(job);
    const { pipes, pid } = start.running;
    if (pipes) this.relay.begin(pipes.whole, job.id);
    if (this.setup.started) {
      this.output.push(startedFrame(job.id, pid, this.shownSlot(start.running)));
    }
    return true;
  }

  /** @returns whether others of its tree are left: then it is not over, and keeps its slot */
  private exited(exited: ExitedJob<WorkerJob>): boolean {
    const { running, status } = exited;
    const { job } = running;
    if (running.pipes) this.relay.end(running.pipes.whole);
    const ending = endingOf(status);
    const well = ending.how === "exit" && ending.code === 0;
    const how = well ? "itself" : howEnded(running, this.loop.stop !== undefined);
    const ended = endedOf(exited, how, this.shownSlot(running));
    const tree = running.timeout ?? (well ? undefined : this.remainsOf(running));
    if (
      tree && this.trees.wait(tree, [job.seq], () => {
        this.jobs.processes.releaseSlot(running.slot);
        this.close(job, ended, running);
      })
    ) return true;
    this.close(job, ended, running);
    return false;
  }

  /** Remains of a failed attempt, to be ended before the next one. */
  private remainsOf(running: Running<WorkerJob>): TreeEnding | undefined {
    const { processes } = this.jobs;
    if (!this.setup.endRests || this.loop.stop || !processes.hasLeftovers()) return undefined;
    return this.trees.beginRest(processes.treeOf(running), runtime.now());
  }

  /** The final result of a job. */
  private close(job: WorkerJob, ended: JobEnded, running?: Running): void {
    job.input?.release();
    if (++this.ended % COLLECT_EVERY === 0) runtime.collectGarbage();
    const end = endedFrame(job.id, ended);
    const tell = () => this.outputs.add(job.id, running?.capture, end, ended.how !== "cancelled");
    if (this.files) this.files.ended(job.id, ended.how, tell);
    else tell();
  }

  private shownSlot({ job, slot }: Running<WorkerJob>): number {
    const named = job.order.slot;
    return named > 0 ? named : this.programs.firstSlot - 1 + slot;
  }
}
