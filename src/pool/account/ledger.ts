import { ImpError } from "../../base/errors.ts";
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
import type { Counts, HaltDecision, Job, JobEnd, JobResult } from "../types.ts";
import { type Attempt, retryDelay } from "../rules/retry.ts";
import type { PoolSettings } from "../settings.ts";
import { allowedTime, RunningMedian } from "../process/timeout_rule.ts";

/** As long as the pool itself is, the list of what is missing is whole: so many may wait for a slow reader. */
const MOST_NUMBERS = 200;

/** Somebody who learns of each job that has ended for good. */
export interface JobRecorder {
  add(result: JobResult, exited: ExitedJob | undefined, command: Uint8Array): void;
}

/** Where results are written down. */
export interface Books {
  readonly joblog?: JoblogFile;
  readonly results?: Results;
  /** Where stdout goes in place of imp's. */
  readonly files?: OutputFiles;
  readonly recorder?: JobRecorder;
  /** One object per job on stdout. */
  readonly json: boolean;
  /** What identifies a job in the job log. */
  readonly command: (job: Job) => Uint8Array;
  /** Tells the user something on stderr. */
  readonly warn: (text: string) => void;
  /** The same as bytes, for what has to wait for its turn. */
  readonly line: (text: string) => Uint8Array;
  /** Which failures are named on stderr. */
  readonly naming: Naming;
}

/** What follows from the end of a job. */
export interface Closed {
  /** What is printed about it. */
  readonly record?: Uint8Array;
  /** What is said about it on stderr. */
  readonly message?: Uint8Array;
  /** For {@link Ledger.settle}, once everything that it wrote has left imp. */
  readonly row?: Uint8Array;
  /** What it has written to stdout is in a file, and the record names that. */
  readonly inFile?: boolean;
  /** It cannot be written down, and will be done again: nothing of it is printed. */
  readonly unkept?: boolean;
}

/** Keeps the account of a pool: what became of which job, and what follows from it. */
export class Ledger {
  private done = 0;
  private failed = 0;
  /** Jobs that were ended because the pool was. */
  private ended = 0;
  private halted = false;
  /** Something could not be written down: no further job is. */
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
    const { done, failed, ended } = this;
    return { done, failed, ended, running, total };
  }

  /** What the wait status of a job says, and what imp knows besides. @param stopped imp was ending all jobs */
  result({ running, status, endedAt }: ExitedJob, stopped: boolean): JobResult {
    const ending = endingOf(status);
    // A job that ended well in spite of the signal has done its work.
    const well = ending.how === "exit" && ending.code === 0;
    const by = well ? "itself" : running.timeout ? "timeout" : stopped ? "stop" : "itself";
    const { job, pid, startedAt, attempt, capture, sent } = running;
    const received = capture?.out.size ?? 0;
    return { job, pid, startedAt, endedAt, end: { by, ending }, attempt, sent, received };
  }

  /** The result of a job that could not even be started. */
  unstarted({ job, number }: Attempt, errno: string): JobResult {
    const now = Date.now();
    const end: JobEnd = { by: "start", errno };
    return { job, startedAt: now, endedAt: now, end, attempt: number, sent: 0, received: 0 };
  }

  /** @returns how long to wait before the job is tried again, milliseconds; undefined: it is not */
  retryDelay({ end, attempt, host }: JobResult): number | undefined {
    const { retry } = this.settings;
    return retry && retryDelay(retry, end, attempt, Math.random(), host !== undefined);
  }

  /**
   * The last word about a job.
   * @param others jobs that run now: when this one cannot be recorded, they cannot either
   * @param why says how it failed, where that is more than its end and its command
   * @throws ImpError when it cannot be written down
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

  /** @returns the line that names the file of its output, where that is asked for */
  private keep(result: JobResult, exited: ExitedJob | undefined): Uint8Array | undefined {
    const { results, files } = this.books;
    const folder = results?.keep(result, exited);
    if (!files || !exited) return undefined;
    const line = files.keep(exited, folder);
    const tag = this.settings.tag?.(result.job, exited.running.slot);
    return tag ? concat([tag, line]) : line;
  }

  /**
   * What these jobs have written has left imp: from now on they are not done again.
   * @param others jobs that are not recorded now
   * @throws ImpError when it cannot be written down
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

  /** Whether no job can be recorded any more: what is printed from now on would be printed again when it is resumed. */
  get cannotRecord(): boolean {
    return this.logLost;
  }

  halt(running: number, total: number | undefined): HaltDecision {
    const decision = decideHalt(this.settings.halt, this.counts(running, total));
    if (decision !== "go on") this.halted = true;
    return decision;
  }

  /** Exit status of the pool. */
  status(total: number | undefined): number {
    return poolStatus(this.settings.halt, this.counts(0, total), this.halted, this.lastStatus);
  }

  /** Milliseconds that a job may run. */
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

/** The pool ends because of `error`. @param jobs those that have ended and of whose output something is missing */
export function unprinted(error: unknown, jobs: readonly number[]): unknown {
  if (!(error instanceof ImpError) || jobs.length === 0) return error;
  const { details = [] } = error.parts;
  return error.with({ details: [...details, `  not printed, or not whole: ${numbers(jobs)}`] });
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
