import { ImpError, withDetail } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { endingOf } from "../../libc/processes/wait.ts";
import { bytesOf, concat } from "../bytes.ts";
import type { ExitedJob } from "../process/job_processes.ts";
import { Failures, failureText, type Naming } from "./failures.ts";
import { decideHalt, jobStatus, poolStatus } from "../rules/halt.ts";
import type { JoblogFile } from "./resume.ts";
import { formatJoblogRow, joblogRow } from "./joblog.ts";
import { Notices } from "./notices.ts";
import { jobRecord } from "./record.ts";
import type { OutputFiles } from "../output/output_files.ts";
import type { Results } from "../output/results.ts";
import type { Counts, EarlierResults, HaltDecision, Job, JobEnd, JobResult } from "../types.ts";
import { type Attempt, retryDelay } from "../rules/retry.ts";
import type { PoolSettings } from "../settings.ts";
import { allowedTime, RunningMedian } from "../process/timeout_rule.ts";

/** As long as the pool itself is, the list of what is missing is whole: so many may wait for a slow reader. */
const MOST_NUMBERS = 200;

/** Learns of each job that has ended for good. */
export interface JobRecorder {
  add(result: JobResult, exited: ExitedJob | undefined, command: Uint8Array): void;
}

/** Where results are recorded. */
export interface Books {
  readonly joblog?: JoblogFile;
  readonly results?: Results;
  /** Where stdout goes instead of imp's. */
  readonly files?: OutputFiles;
  readonly recorder?: JobRecorder;
  /** One object per job on stdout. */
  readonly json: boolean;
  /** What identifies a job in the job log. */
  readonly command: (job: Job) => Uint8Array;
  /** Prints a message on stderr. */
  readonly warn: (text: string) => void;
  /** The same as bytes, for messages that must wait for their turn. */
  readonly line: (text: string) => Uint8Array;
  /** Which failures are named on stderr. */
  readonly naming: Naming;
  /** What another pool has printed, once that is known: it counts. */
  readonly earlier?: () => EarlierResults | undefined;
}

/** What follows from the end of a job. */
export interface Closed {
  /** What is printed about it. */
  readonly record?: Uint8Array;
  /** What is reported about it on stderr. */
  readonly message?: Uint8Array;
  /** For {@link Ledger.settle}, once imp has written all its output. */
  readonly row?: Uint8Array;
  /** Its stdout is in a file that the record names. */
  readonly inFile?: boolean;
  /** It cannot be recorded and will be run again: nothing of it is printed. */
  readonly unkept?: boolean;
}

/** Keeps the account of a pool: what became of each job, and what follows. */
export class Ledger {
  private done = 0;
  private failed = 0;
  /** Jobs ended because the pool was. */
  private ended = 0;
  /** The exit status once `--halt` has stopped the pool: jobs that end later do not change it. */
  private haltStatus: number | undefined;
  /** Recording has failed: no further job is recorded. */
  private broken = false;
  private logLost = false;
  private lastStatus = 0;
  private readonly median = new RunningMedian();

  private readonly failures: Failures;
  readonly notices: Notices;

  constructor(private readonly settings: PoolSettings, private readonly books: Books) {
    this.failures = new Failures(books.naming, books.line);
    this.notices = new Notices(books.warn, noTerminal);
  }

  counts(running: number, total: number | undefined): Counts {
    const { done, failed, ended, earlier } = this;
    if (!earlier) return { done, failed, ended, running, total };
    const before = { earlier: earlier.done, done: done + earlier.done };
    return { ...before, failed: failed + earlier.failed, ended, running, total };
  }

  private get earlier(): EarlierResults | undefined {
    return this.books.earlier?.();
  }

  private get failedStatus(): number {
    return this.lastStatus || (this.earlier?.status ?? 0);
  }

  /** The result from a job's wait status and what else imp knows. @param stopped imp was ending all jobs */
  result({ running, status, endedAt }: ExitedJob, stopped: boolean): JobResult {
    const ending = endingOf(status);
    // A job that succeeded in spite of the signal has done its work.
    const well = ending.how === "exit" && ending.code === 0;
    const by = well ? "itself" : running.timeout ? "timeout" : stopped ? "stop" : "itself";
    const { job, pid, startedAt, attempt, capture, sent } = running;
    const received = capture?.out.size ?? 0;
    return { job, pid, startedAt, endedAt, end: { by, ending }, attempt, sent, received };
  }

  /** The result of a job that could not be started. */
  unstarted({ job, number }: Attempt, errno: string): JobResult {
    const now = Date.now();
    const end: JobEnd = { by: "start", errno };
    return { job, startedAt: now, endedAt: now, end, attempt: number, sent: 0, received: 0 };
  }

  /** @returns how long to wait before the next attempt, milliseconds; undefined: there is none */
  retryDelay({ end, attempt, host, job }: JobResult): number | undefined {
    const { retry } = this.settings;
    if (job.unrepeatable) return undefined;
    return retry && retryDelay(retry, end, attempt, Math.random(), host !== undefined);
  }

  /**
   * Settles a job's final result.
   * @param others running jobs: if this one cannot be recorded, neither can they
   * @param why how it failed, if that says more than its end and its command
   * @throws ImpError if it cannot be recorded
   */
  close(
    result: JobResult,
    exited: ExitedJob | undefined,
    others: () => readonly number[],
    why?: ImpError | string,
  ): Closed {
    const { end, job } = result;
    if (end.by === "stop") {
      this.ended++;
      return {};
    }
    this.done++;
    const failed = hasFailed(end);
    if (failed) {
      this.failed++;
      this.lastStatus = jobStatus(end);
    } else if (this.settings.timeout) this.median.add(result.endedAt - result.startedAt);
    const { joblog, json, command, recorder } = this.books;
    recorder?.add(result, exited, command(job));
    const message = failed ? this.message(result, why) : undefined;
    if (this.broken) return { message, unkept: true };
    let file: Uint8Array | undefined;
    try {
      file = this.keep(result, exited);
    } catch (error) {
      this.broken = true;
      throw unrecorded(error, [job.seq, ...others()]);
    }
    const row = joblog && joblogRow(result, command(job));
    return {
      record: json ? bytesOf(`${JSON.stringify(jobRecord(result, exited))}\n`) : file,
      inFile: file !== undefined,
      message,
      row: row && formatJoblogRow(row),
    };
  }

  /** @returns the line that names its output file, if requested */
  private keep(result: JobResult, exited: ExitedJob | undefined): Uint8Array | undefined {
    const { results, files } = this.books;
    const folder = results?.keep(result, exited);
    if (!files || !exited) return undefined;
    const line = files.keep(exited, folder);
    const tag = this.settings.tag?.(result.job, exited.running.slot);
    return tag ? concat([tag, line]) : line;
  }

  /**
   * imp has written all output of these jobs: from now on they are not run again.
   * @param others jobs that are not recorded then
   * @throws ImpError if they cannot be recorded
   */
  settle(seqs: readonly number[], rows: Uint8Array, others: () => readonly number[]): void {
    if (this.logLost) return;
    try {
      this.books.joblog?.append(rows);
    } catch (error) {
      this.broken = this.logLost = true;
      throw unrecorded(error, [...seqs, ...others()]);
    }
  }

  /** Whether no job can be recorded any more: what is printed from now on would be printed again on resume. */
  get cannotRecord(): boolean {
    return this.logLost;
  }

  halt(running: number, total: number | undefined): HaltDecision {
    const counts = this.counts(running, total);
    const decision = decideHalt(this.settings.halt, counts);
    if (decision !== "go on") {
      this.haltStatus ??= poolStatus(this.settings.halt, counts, true, this.failedStatus);
    }
    return decision;
  }

  /** Exit status of the pool. */
  status(total: number | undefined): number {
    // With earlier results the rule may be met although no job has ended here.
    if (this.earlier) this.halt(0, total);
    return this.haltStatus ??
      poolStatus(this.settings.halt, this.counts(0, total), false, this.failedStatus);
  }

  /** A job's time limit in milliseconds. */
  timeLimit(): number {
    const { timeout } = this.settings;
    return (timeout && allowedTime(timeout, this.median)) ?? Infinity;
  }

  private message(result: JobResult, why: ImpError | string | undefined): Uint8Array | undefined {
    const { end, job } = result;
    return this.failures.told(
      end,
      () =>
        typeof why === "string"
          ? why
          : failureText(result, this.books.command(job), this.timeLimit(), why),
    );
  }
}

function noTerminal(pid: number): string {
  return "it wants the terminal, which it does not have; --tty gives it to jobs, " +
    `--timeout ends those that want it, 'kill -9 ${pid}' this one`;
}

/** Whether a job failed. One that was stopped neither failed nor succeeded. */
export function hasFailed(end: JobEnd): boolean {
  return end.by !== "itself" || end.ending.how !== "exit" || end.ending.code !== 0;
}

/** The pool ends because of `error`. @param jobs ended jobs whose output is incomplete */
export function unprinted(error: unknown, jobs: readonly number[]): unknown {
  if (!(error instanceof ImpError) || jobs.length === 0) return error;
  return withDetail(error, `  not printed, or not whole: ${numbers(jobs)}`);
}

function unrecorded(error: unknown, jobs: readonly number[]): unknown {
  if (!(error instanceof ImpError)) return error;
  const sorted = [...new Set(jobs)].sort((a, b) => a - b);
  return error.with({
    details: [`  not recorded: ${numbers(sorted)}; no further one was started`],
    exit: EXIT.failed,
  });
}

function numbers(jobs: readonly number[]): string {
  const more = jobs.length - MOST_NUMBERS;
  return `job ${jobs.slice(0, MOST_NUMBERS).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
