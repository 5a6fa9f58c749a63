import { HOST_FRAME, type HostFrame, hostFrame, numberFrame } from "../../hosts/frames.ts";
import { endedIn, JobHead } from "../../hosts/job_frames.ts";
import { bytesFromText } from "../../base/byte_text.ts";
import { writeAll } from "../../libc/descriptors/files.ts";
import { endingOf } from "../../libc/processes/wait.ts";
import type { QueueSubjects } from "../names.ts";
import type { RunSetup } from "../run_records.ts";
import type { StreamCalls } from "../stream_calls.ts";
import { endOfAnswer, endWithoutAnswer, isExhausted, notRun } from "./record_end.ts";
import { AttemptOutput, outputRoom } from "./attempt_output.ts";
import type { RanEnd, TakenJob } from "./held_job.ts";
import type { JobRunner } from "./taker.ts";
import { storedModuleIn } from "../module_store.ts";
import type { Modules } from "./modules.ts";
import { childSetup, ChildSetups, residentWorkersOf } from "./child_setups.ts";
import { type ChildJob, isAtWork, type RunnerChild } from "./runner_child.ts";
import { WorkerChild } from "./worker_child.ts";

/** Bytes of output that a child may be ahead of the stream. */
const CREDIT = 8 << 20;
/** Credit is returned in such steps. */
const CREDIT_STEP = 256 << 10;
const STDERR = 2;
const INPUT_BYTES = 128 << 10;
/** Idle children kept for their runs' next jobs. */
const MOST_IDLE = 3;
/** The pause before the next child after one was lost, growing each time. */
const FIRST_PAUSE_MS = 100, LONGEST_PAUSE_MS = 10_000;

/** Gets the outcome of jobs. */
export interface RunnerEvents {
  ended(job: TakenJob, ran: RanEnd): void;
  /** @param begun whether it may have begun */
  droppedJob(job: TakenJob, begun: boolean): void;
  warn(text: string): void;
}

export interface RunnerSettings {
  readonly slots: number;
  readonly subjects: QueueSubjects;
  /** The name of this machine. */
  readonly host: string;
  /** The words that start a child. */
  readonly words: readonly string[];
  /** Bytes that a message may carry now. */
  readonly room: () => number;
}

/** Children that end at once would otherwise be restarted for each job. */
const REFUSED_MS = 5000;

/** Runs jobs in child processes of imp, one for each kind of setup. */
export class ChildRunner implements JobRunner {
  /** By setup. */
  private readonly children = new Map<string, RunnerChild>();
  private readonly setups: ChildSetups;
  /** Why jobs cannot be run here, by setup, for a while. */
  private readonly refused = new Map<string, string>();
  private pause = 0;
  private closing = false;

  constructor(
    private readonly settings: RunnerSettings,
    private readonly calls: StreamCalls,
    private readonly modules: Modules,
    private readonly events: RunnerEvents,
  ) {
    this.setups = new ChildSetups({ ...settings, credit: CREDIT });
  }

  start(job: TakenJob, setup: RunSetup): void {
    if (this.pause > 0) {
      setTimeout(() => this.startNow(job, setup), this.pause);
    } else this.startNow(job, setup);
  }

  cancel(job: TakenJob): void {
    for (const { worker, jobs } of this.children.values()) {
      for (const [number, child] of jobs) {
        if (child.job.attempt !== job.attempt) continue;
        child.cancelled = true;
        worker.send(hostFrame(HOST_FRAME.cancel, number));
      }
    }
  }

  /** Ends everything at once: running jobs are returned. */
  close(): void {
    this.closing = true;
    for (const { worker } of this.children.values()) worker.close();
  }

  /** Jobs that go on without the servers. */
  get atWork(): number {
    let count = 0;
    for (const { jobs } of this.children.values()) {
      for (const job of jobs.values()) if (isAtWork(job)) count++;
    }
    return count;
  }

  /** How many children have not ended. */
  get size(): number {
    return this.children.size;
  }

  private startNow(job: TakenJob, setup: RunSetup): void {
    const workers = residentWorkersOf(setup);
    const key = this.setups.keyOf(setup);
    if (!workers?.call || this.children.has(key)) return this.startWith(job, setup, undefined);
    const module = storedModuleIn(workers.call);
    if (!module) return this.refuse(job, "its run names no module");
    void this.modules.get(module).then((found) => {
      if ("why" in found) this.refuse(job, found.why);
      else this.startWith(job, setup, new TextDecoder().decode(found.bytes));
    });
  }

  /** @param source of the called module, if a child needs it */
  private startWith(job: TakenJob, setup: RunSetup, source: string | undefined): void {
    if (this.closing) return this.events.droppedJob(job, false);
    const refusal = this.refused.get(this.setups.keyOf(setup));
    if (refusal !== undefined) return this.refuse(job, refusal);
    let child: RunnerChild;
    try {
      child = this.childFor(setup, source);
    } catch (error) {
      this.events.warn(error instanceof Error ? error.message : String(error));
      this.wait();
      return this.events.droppedJob(job, false);
    }
    const { run, key, attempt, message } = job;
    const number = ++child.lastJob;
    const output = new AttemptOutput(
      this.calls,
      this.settings.subjects.output(run, key, attempt),
      `out.${run}.${key}.${attempt}`,
      (bytes) => this.giveCredit(child, bytes),
      outputRoom(this.settings.room(), message.job.length),
    );
    child.jobs.set(number, { job, output, cancelled: false });
    const { worker } = child;
    if (child.terminator) this.limit(child, message.job);
    worker.send(hostFrame(HOST_FRAME.job, number, message.job));
    if (!message.hasInput) return;
    for (let from = 0; from < message.input.length; from += INPUT_BYTES) {
      const part = message.input.subarray(from, from + INPUT_BYTES);
      worker.send(hostFrame(HOST_FRAME.input, number, part));
    }
    worker.send(hostFrame(HOST_FRAME.inputEnd, number));
  }

  /** Records share one limit. @param payload of the frame JOB */
  private limit(child: RunnerChild, payload: Uint8Array): void {
    const ms = JobHead.fits(payload) ? new JobHead(payload).timeout : 0;
    if (ms !== child.limit) child.worker.send(numberFrame(HOST_FRAME.limit, ms));
    child.limit = ms;
  }

  /** @throws ImpError if none can be started */
  private childFor(setup: RunSetup, source: string | undefined): RunnerChild {
    const key = this.setups.keyOf(setup);
    const known = this.children.get(key);
    if (known) return known;
    this.closeIdle();
    const jobs = new Map<number, ChildJob>();
    const worker = new WorkerChild(this.settings.words, childSetup(key, source), {
      frame: (frame) => this.said(child, frame),
      gone: (why) => this.lost(key, child, why),
    });
    const workers = residentWorkersOf(setup);
    const terminator = workers && bytesFromText(workers.terminator);
    const child: RunnerChild = {
      worker,
      jobs,
      lastJob: 0,
      credit: 0,
      terminator,
      limit: 0,
      isReady: false,
    };
    this.children.set(key, child);
    return child;
  }

  private closeIdle(): void {
    const idle = [...this.children.values()].filter(({ jobs }) => jobs.size === 0);
    for (const { worker } of idle.slice(0, Math.max(0, idle.length - MOST_IDLE + 1))) {
      worker.close();
    }
  }

  private said(child: RunnerChild, frame: HostFrame): void {
    const { type, job: number, payload } = frame;
    // The reason for its failure is on its stderr, too.
    if (type === HOST_FRAME.failed) return this.failed(child, new TextDecoder().decode(payload));
    if (type === HOST_FRAME.note) return this.events.warn(new TextDecoder().decode(payload));
    if (type === HOST_FRAME.ready) {
      this.pause = 0;
      child.isReady = true;
    }
    const found = child.jobs.get(number);
    // stderr of resident workers belongs to no record.
    if (!found) {
      return type === HOST_FRAME.err && number === 0 ? this.passOn(child, payload) : undefined;
    }
    if (type === HOST_FRAME.out) found.output.add("out", payload);
    else if (type === HOST_FRAME.err) found.output.add("err", payload);
    else if (type === HOST_FRAME.ended) this.ended(child, found, frame);
    else if (type === HOST_FRAME.answer) this.ended(child, found, frame);
    else if (type === HOST_FRAME.returned) {
      child.jobs.delete(number);
      this.events.droppedJob(found.job, false);
    }
  }

  private passOn(child: RunnerChild, bytes: Uint8Array): void {
    writeAll(STDERR, bytes, "standard error");
    this.giveCredit(child, bytes.length);
  }

  private ended(child: RunnerChild, { job, output, cancelled }: ChildJob, frame: HostFrame): void {
    child.jobs.delete(frame.job);
    const { terminator } = child;
    let ended: Uint8Array = frame.payload.slice();
    if (terminator) {
      const isAnswer = frame.type === HOST_FRAME.answer;
      const end = isAnswer ? endOfAnswer(frame, terminator) : endWithoutAnswer(frame);
      output.add(end.stream, end.bytes);
      ended = end.ended;
    }
    const { how, pid, status } = endedIn({ ...frame, payload: ended });
    output.finish((kept) => {
      // Somebody has ended the child, and it its jobs: these have not failed.
      const isOurs = how !== "cancelled" || cancelled || endedWell(status);
      if (isOurs) this.events.ended(job, { ...kept, ended, at: Date.now(), pid });
      else this.events.droppedJob(job, true);
    });
  }

  private giveCredit(child: RunnerChild, bytes: number): void {
    child.credit += bytes;
    if (child.credit < CREDIT_STEP) return;
    child.worker.send(numberFrame(HOST_FRAME.credit, child.credit));
    child.credit = 0;
  }

  /** Before it was ready its jobs' setup is to blame, later the program, unless the machine has run out of something. */
  private failed(child: RunnerChild, why: string): void {
    if ((!child.isReady || child.terminator) && !isExhausted(why)) child.refusal = why;
  }

  private lost(key: string, child: RunnerChild, why: string): void {
    if (this.children.get(key) === child) this.children.delete(key);
    const { refusal } = child;
    if (refusal !== undefined) {
      this.refused.set(key, refusal);
      setTimeout(() => this.refused.delete(key), REFUSED_MS);
      for (const { job } of child.jobs.values()) this.refuse(job, refusal);
      child.jobs.clear();
      return;
    }
    if (child.jobs.size > 0 && !this.closing) {
      const had = child.jobs.size === 1 ? "a job" : `${child.jobs.size} jobs`;
      const name = `the worker process with PID ${child.worker.pid}, which had ${had}`;
      this.events.warn(`${name}, has ended: ${why}`);
      this.wait();
    }
    const jobs = [...child.jobs.values()];
    child.jobs.clear();
    // It begins them in order.
    const begun = child.worker.hasGreeted ? this.settings.slots : 0;
    jobs.forEach(({ job }, i) => this.events.droppedJob(job, i < begun));
  }

  private refuse(job: TakenJob, why: string): void {
    this.events.ended(job, notRun(why));
  }

  private wait(): void {
    this.pause = Math.min(LONGEST_PAUSE_MS, this.pause * 2 || FIRST_PAUSE_MS);
  }
}

function endedWell(status: number): boolean {
  const ending = endingOf(status);
  return ending.how === "exit" && ending.code === 0;
}
