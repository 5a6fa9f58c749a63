import type { ImpError } from "../base/errors.ts";
import { releaseProgramText } from "../libc/processes/program_text.ts";
import { runtime } from "../runtime/mod.ts";
import { Captures } from "./process/capture.ts";
import { type ExitedJob, JobProcesses } from "./process/job_processes.ts";
import { hasFailed, type Ledger } from "./account/ledger.ts";
import { LiveOutput } from "./output/live_output.ts";
import { Loop, type Stop, type Work } from "./loop.ts";
import { MemoryWatch, Timeouts } from "./process/job_watches.ts";
import { StartPatience } from "./process/starter.ts";
import { Printer } from "./output/printer.ts";
import type { JobResult } from "./types.ts";
import { type Attempt, Retries } from "./rules/retry.ts";
import { type Running, type TreeEnding, TreeEndings } from "./process/tree_endings.ts";
import type { JobSource, PoolSettings, Ticker } from "./settings.ts";
import { Spool } from "./process/spool.ts";

/**
 * JavaScriptCore would let garbage grow to 30 MB before collecting; at this rate a collection costs two microseconds
 * per job.
 */
const COLLECT_EVERY = 4096;
/** The first collection comes earlier: memory that only the start needed is still in use. */
const COLLECT_FIRST = 1024;
const ASK_AGAIN_MS = 1000;
/** How long to wait when the machine cannot start a process. */
const LATER_MS = 100;

/** Runs the jobs of a source, several at a time. */
export class CommandPool implements Work {
  private readonly spool: Spool;
  private readonly captures: Captures;
  private readonly printer: Printer;
  private readonly jobs: JobProcesses;
  private readonly liveOutput: LiveOutput | undefined;
  private readonly retries = new Retries();
  private readonly patience = new StartPatience();
  private readonly memory: MemoryWatch;
  private readonly trees: TreeEndings;
  private readonly timeouts: Timeouts;
  private readonly loop: Loop;
  private readonly settle = (seq: number, row: Uint8Array) =>
    this.ledger.settle([seq], row, () => [...this.others(), ...this.printer.unprinted]);
  /** Jobs that are not over. */
  private readonly others = () => [...this.jobs.jobs(), ...this.trees.jobs];
  private readonly whenExited = (exited: ExitedJob) => this.ended(exited);
  private orphansEnded = 0;
  private soon = false;
  private submitted = 0;
  private closed = 0;
  /** The earliest time of the next start. */
  private notBefore = 0;
  /** The machine could start nothing more: no start before then, or before a job has ended. */
  private full = false;

  constructor(
    private readonly settings: PoolSettings,
    private readonly source: JobSource,
    private readonly ledger: Ledger,
    ticker: Ticker,
  ) {
    this.spool = new Spool(settings.temporary);
    this.captures = new Captures(this.spool, () => !this.jobs.processes.hasLeftovers());
    const warnOnce = ledger.notices.warnOnce.bind(ledger.notices);
    this.printer = new Printer(this.captures, this.spool, settings.inOrder, warnOnce, this.settle);
    const { writer } = this.printer;
    if (settings.output === "line") this.liveOutput = new LiveOutput(writer);
    this.jobs = new JobProcesses(settings, this.captures, this.liveOutput);
    const { running, processes } = this.jobs;
    this.trees = new TreeEndings(settings.termSteps);
    this.timeouts = new Timeouts(settings, processes, this.trees, ledger);
    this.memory = new MemoryWatch(running, this.spool);
    this.loop = new Loop(this, { settings, source, ledger, ticker, writer, processes });
  }

  /** @returns why it stopped early, if it did; then no process that it started is left */
  run(): Promise<Stop | undefined> {
    return this.loop.run();
  }

  get busy(): number {
    return this.jobs.running.size + this.trees.size;
  }

  get isDone(): boolean {
    if (this.trees.size > 0) return false;
    return this.soon || (this.source.ended && this.retries.size === 0);
  }

  get held(): boolean {
    return this.printer.strained;
  }

  get unprinted(): readonly number[] {
    return this.printer.unprinted;
  }

  get live(): number {
    return this.printer.writer.congested ? -1 : this.liveOutput?.fd ?? -1;
  }

  begin(): void {
    while (this.busy < this.settings.jobLimit.value && this.mayStart()) {
      const again = this.retries.size > 0 ? this.retries.take(runtime.now()) : undefined;
      const next = again ?? this.fresh();
      if (!next || !this.start(next)) return;
    }
  }

  wantsInput(now: number): boolean {
    return this.busy < this.settings.jobLimit.value && !this.soon && now >= this.notBefore;
  }

  listen(): void {
    this.liveOutput?.read();
  }

  reap(): void {
    this.jobs.reap(this.whenExited);
  }

  look(now: number): void {
    this.memory.look(now);
    this.timeouts.look(now);
    const { orphansEnded } = this.jobs.processes;
    this.trees.look(now, orphansEnded !== this.orphansEnded);
    this.orphansEnded = orphansEnded;
  }

  due(now: number): number {
    const due = Math.min(this.memory.due, this.timeouts.due, this.trees.due);
    if (this.loop.stop || this.soon || this.busy >= this.settings.jobLimit.value) return due;
    // Waits for the next start: with input left, or with retries.
    return Math.min(due, this.notBefore > now ? this.notBefore : this.retries.nextDue);
  }

  stopped(): void {
    this.retries.clear();
  }

  wasSuspended(ms: number): void {
    this.timeouts.postpone(ms);
    this.trees.postpone(ms);
  }

  lastWords(): void {
    this.trees.giveUp();
    this.printer.flush();
  }

  nameOf(pid: number): string | undefined {
    const running = this.jobs.running.get(pid);
    return running && `job ${running.job.seq}`;
  }

  private fresh(): Attempt | undefined {
    if (this.printer.strained) return undefined;
    const job = this.source.next();
    return job && { job, number: 1, order: ++this.submitted, due: 0 };
  }

  private mayStart(): boolean {
    if (this.loop.stop || this.soon || this.printer.writer.congested) return false;
    if (this.notBefore > 0 && runtime.now() < this.notBefore) return false;
    if (!this.settings.mayStart || this.settings.mayStart()) return true;
    this.notBefore = runtime.now() + ASK_AGAIN_MS;
    return false;
  }

  /** @returns false if the machine cannot start anything now */
  private start(attempt: Attempt): boolean {
    const now = runtime.now();
    const start = this.jobs.start(attempt, now);
    if ("later" in start) {
      if (this.patience.isOver(start.later.errno, this.busy, now)) throw start.later;
      this.ledger.notices.warnOnce(start.later, "trying again");
      this.full = true;
      this.notBefore = now + LATER_MS;
      this.retries.add({ ...attempt, due: now });
      return false;
    }
    if ("failed" in start) {
      const result = this.ledger.unstarted(attempt, start.failed);
      this.close(result, attempt.order, undefined, start.error);
      return true;
    }
    this.patience.restore();
    if (this.settings.delay > 0) this.notBefore = now + this.settings.delay;
    return true;
  }

  /** @returns whether others of its tree are left: then it is not over, and keeps its slot */
  private ended(exited: ExitedJob): boolean {
    const { running, typed, usage } = exited;
    // A signal from --timeout was not typed.
    if (typed && !this.loop.stop && !running.timeout) this.loop.interrupt(typed);
    if (this.full) this.notBefore = 0;
    this.full = false;
    const result = this.ledger.result(exited, this.loop.stop !== undefined);
    const tree = running.timeout ?? this.remainsOf(running, result);
    if (tree) {
      const { userTime, systemTime, maxResident } = usage;
      const whole = { ...exited, usage: { userTime, systemTime, maxResident } };
      const held = this.trees.wait(tree, [running.job.seq], () => {
        this.jobs.processes.releaseSlot(running.slot);
        this.over(result, whole);
      });
      if (held) return true;
    }
    this.over(result, exited);
    return false;
  }

  /** Remains of a failed attempt, to be ended before the next one. A successful job may leave something for others. */
  private remainsOf(running: Running, { end }: JobResult): TreeEnding | undefined {
    const { processes } = this.jobs;
    if (!this.settings.retry || this.loop.stop || !hasFailed(end)) return undefined;
    if (!processes.hasLeftovers()) return undefined;
    return this.trees.beginRest(processes.treeOf(running), runtime.now());
  }

  /** Nothing is left of an attempt. */
  private over(result: JobResult, exited: ExitedJob): void {
    const { running } = exited;
    const wait = this.ledger.retryDelay(result);
    if (wait === undefined) return this.close(result, running.order, exited);
    if (running.capture) this.captures.giveBack(running.capture);
    // Without a last attempt it has no row: it is run again on resume.
    if (this.loop.stop) return;
    const { job, attempt, order } = running;
    this.retries.add({ job, number: attempt + 1, order, due: runtime.now() + wait });
  }

  /** The final result of a job. */
  private close(
    result: JobResult,
    order: number,
    exited: ExitedJob | undefined,
    error?: ImpError,
  ): void {
    const { job } = result;
    this.closed++;
    if (this.closed % COLLECT_EVERY === 0 || this.closed === COLLECT_FIRST) this.tidy();
    const closed = this.ledger.close(result, exited, this.others, error);
    const { record, message, row, unkept } = closed;
    // It is in a file, whose name is printed.
    if (closed.inFile) exited?.running.capture?.out.forget(this.spool);
    const lost = unkept || result.end.by === "stop";
    this.printer.finished({
      seq: job.seq,
      order,
      silent: this.settings.silent || lost,
      capture: exited?.running.capture,
      streamed: lost ? undefined : exited?.running.pipes?.whole,
      tag: exited && this.settings.tag?.(job, exited.running.slot),
      record,
      message,
      row,
    });
    job.input?.release();
    if (this.settings.halt.when === "never") return;
    const decision = this.ledger.halt(this.busy, this.source.total);
    if (decision === "soon") this.soon = true;
    if (decision === "now") this.loop.stopNow({ why: "halt" });
  }

  /** Keeps a pool of many jobs as small as one of few. */
  private tidy(): void {
    runtime.collectGarbage();
    if (this.closed === COLLECT_FIRST) releaseProgramText();
  }
}
