// What every pool needs: job log, progress, a changing -j, its exit status.
import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { ReaderGone, warn } from "../../cli/output.ts";
import { dieBy } from "../../libc/processes/die_by.ts";
import { errnoName, systemError } from "../../libc/calling/errno.ts";
import {
  changeDirectoryTo,
  NICE_HINT,
  setNice,
  workingDirectory,
} from "../../libc/processes/process.ts";
import type { RunRecorder } from "../../report/recorder.ts";
import { runtime } from "../../runtime/mod.ts";
import { doneIn, type DoneJobs, JoblogFile } from "../../pool/account/resume.ts";
import {
  JobsFile,
  mostJobs,
  parseJobs,
  resolveJobs,
  usableCores,
} from "../../pool/rules/jobs_setting.ts";
import { type Books, Ledger } from "../../pool/account/ledger.ts";
import type { Stop } from "../../pool/loop.ts";
import { spawnerWithoutChildren } from "../../pool/process/without_children.ts";
import { startCondition } from "../../pool/rules/machine_load.ts";
import { sumsText } from "../../pool/output/progress_text.ts";
import type { JobSource, PoolSettings, Ticker } from "../../pool/settings.ts";
import type { ItemsRequest, ManyRequest, ProgramsRequest } from "./families.ts";
import { Progress, type Voice } from "./progress.ts";
import type { Template } from "../../pool/template/template.ts";
import { bytesOf, concat } from "../../pool/bytes.ts";
import { textOf } from "../../pool/source/item_jobs.ts";
import { type Job, type JobsSetting, NO_ITEMS, numberOf } from "../../pool/types.ts";

/** Runs the jobs of a source. */
export interface Runner {
  /** @returns why it stopped early, if it did */
  run(): Promise<Stop | undefined>;
  /** Something went wrong that is not a job's failure. */
  readonly troubled?: boolean;
}

/** Runs jobs, here or elsewhere. */
export interface JobsRunner {
  /** The jobs of a source, repeated as often as they should run. */
  readonly jobsOf: (source: JobSource) => JobSource;
  readonly run: (source: JobSource, ledger: Ledger, ticker: Ticker) => Runner;
}

interface Surroundings {
  readonly request: ManyRequest;
  readonly voice: Voice;
  /** What a single job is called. */
  readonly one: string;
  /** The title of the `--report` page: the words of a job before placeholders are filled in. */
  readonly called: string;
}

/** Runs all the jobs. @returns the exit status */
export async function runPool(
  { request, voice, one, called }: Surroundings,
  settings: PoolSettings,
  source: JobSource,
  books: Books,
  runnerWith: (ledger: Ledger, ticker: Ticker) => Runner,
): Promise<number> {
  // On hosts it is a directory there.
  if (!request.hosts) enter(request.chdir);
  const progress = new Progress(request.progress, () => ledger);
  const jobsFile = request.jobsFile === undefined
    ? undefined
    : new JobsFile(request.jobsFile, settings.jobLimit, (text) => jobsAtOnce(parseJobs(text)));
  const recorder = await recorderOf(request, called);
  const ledger = new Ledger(settings, { ...books, recorder });
  voice.makeRoom = () => progress.clear();
  const runner = runnerWith(ledger, {
    next: () => Math.min(progress.due, jobsFile?.due ?? Infinity, recorder?.due ?? Infinity),
    tick: (running, total) => {
      progress.tick(running, total);
      jobsFile?.look();
      recorder?.tick(running, total);
    },
    makeRoom: voice.makeRoom,
  });
  const stop = await runner.run().catch((error) => {
    endReport(recorder, true, source.total, voice);
    throw error;
  });
  const counts = ledger.counts(0, source.total);
  const over = !stop || stop.why === "halt";
  progress.clear();
  if (request.verbose) progress.summary(source.total);
  else if (over && counts.failed > 0 && !voice.quiet) voice.warn(sumsText(counts, one));
  const written = endReport(recorder, stop !== undefined, source.total, voice);
  const status = ledger.status(source.total);
  if (over && !written) return EXIT.failed;
  return conclude(stop, status === 0 && runner.troubled ? EXIT.no : status);
}

/** Called before the job log is emptied: it must survive if the page cannot be written. @throws ImpError */
export async function checkReport({ report }: ManyRequest): Promise<void> {
  if (report === undefined) return;
  (await import("../../report/write_page.ts")).checkReplaceable(report);
}

/** Writes the page of `--report`. Loaded only if requested. */
async function recorderOf(
  { report }: ManyRequest,
  called: string,
): Promise<RunRecorder | undefined> {
  if (report === undefined) return undefined;
  const { RunRecorder } = await import("../../report/recorder.ts");
  return new RunRecorder(report, called, () => runtime.now());
}

/**
 * Writes the final page. If that fails, the jobs are done all the same, and a signal is still obeyed.
 * @returns whether it succeeded
 */
function endReport(
  recorder: RunRecorder | undefined,
  stopped: boolean,
  total: number | undefined,
  voice: Voice,
): boolean {
  try {
    recorder?.finish(stopped, total);
    return true;
  } catch (error) {
    if (!(error instanceof ImpError)) throw error;
    voice.warn(`${error.message}; the page of --report is older than the run`);
    return false;
  }
}

/** Ends imp as the pool ended. @returns the exit status */
export function conclude(stop: Stop | undefined, status: number): number {
  switch (stop?.why) {
    case "signal":
      return dieBy(stop.name);
    case "gone":
      throw new ReaderGone({
        ...{ action: "write to", object: "standard output" },
        ...{ errno: "EPIPE", why: "broken pipe", exit: EXIT.failed },
      });
    case "failed":
      throw stop.error;
    default:
      return status;
  }
}

/** Where rows go, and which jobs are not repeated. */
export interface Log {
  readonly joblog?: JoblogFile;
  readonly done?: DoneJobs;
}

/** The requested job log, and the jobs that it lists as done. @param readOnly with `--dry-run` */
export function joblogFrom(log: ManyRequest["log"], readOnly: boolean): Log {
  if (!log) return {};
  const { path, appends, resume } = log;
  if (readOnly) return { done: resume && doneIn(path, resume) };
  const joblog = new JoblogFile(path, appends, resume);
  return { joblog, done: joblog.done };
}

/** Resolves a path against the directory in which imp was called. */
export function absolutePath(path: string): string {
  return path.startsWith("/") ? path : `${workingDirectory()}/${path}`;
}

/** If jobs run in another directory, names of files that imp opens later still mean the same files. */
export function settled<
  R extends ManyRequest & Partial<Pick<ItemsRequest, "results" | "temporary">>,
>(request: R): R {
  const { chdir, jobsFile, results, temporary, report, log, hosts } = request;
  if (chdir === undefined || hosts) return request;
  return {
    ...request,
    chdir: absolutePath(chdir),
    jobsFile: jobsFile && absolutePath(jobsFile),
    results: results && { ...results, directory: absolutePath(results.directory) },
    temporary: temporary && absolutePath(temporary),
    report: report === undefined ? undefined : absolutePath(report),
    log: log && { ...log, path: absolutePath(log.path) },
  };
}

/** Jobs inherit the directory, as they do the nice value. @throws ImpError */
function enter(directory: string | undefined): void {
  if (directory === undefined) return;
  const code = changeDirectoryTo(directory);
  if (code === 0) return;
  throw systemError(code, "change to directory", directory, { exit: EXIT.failed });
}

/** imp itself is nice: its jobs inherit that from their first instruction on. */
export function becomeNice(nice: number | undefined): void {
  if (nice === undefined) return;
  const code = setNice(nice);
  if (code === 0) return;
  const hint = errnoName(code) === "EACCES" ? NICE_HINT : undefined;
  throw systemError(code, "set the nice value to", String(nice), { hint, exit: EXIT.failed });
}

const TAB = bytesOf("\t");
const NEWLINE = bytesOf("\n");

/** What programs of every family have in common. @throws ImpError if imp has no terminal for --tty */
export async function programSettings(
  { retry, timeout, termSteps, noChildren, tty }: ProgramsRequest,
): Promise<
  Pick<PoolSettings, "retry" | "timeout" | "termSteps" | "noChildren" | "terminal">
> {
  return {
    ...{ retry, timeout, termSteps },
    noChildren: await spawnerWithoutChildren(noChildren),
    terminal: tty ? await terminalOfJobs() : undefined,
  };
}

async function terminalOfJobs() {
  const { JobTerminal } = await import("../../pool/process/job_terminal.ts");
  return new JobTerminal();
}

/** What all pools of many jobs have in common. */
export async function manySettings(request: ManyRequest) {
  const { halt, delay, inOrder, json, hosts } = request;
  return {
    // On hosts the workers take care of these.
    ...await programSettings(hosts ? { ...request, noChildren: false } : request),
    jobLimit: { value: hosts?.kind === "queue" ? 1 : jobsAtOnce(request.jobs) },
    mayStart: hosts ? undefined : startCondition(request.maxLoad, request.minMemory),
    ...{ halt, delay, inOrder, silent: json },
  };
}

/** How a job gets its items. */
export function itemSettings(
  by: ItemsRequest["by"],
  template: Template,
): Pick<PoolSettings, "argv" | "stdin"> {
  if (by === "arguments") {
    return { argv: (job, slot, at) => template.words(job.items, numberOf(job), slot, at) };
  }
  return {
    argv: (job, slot, at) => template.render(NO_ITEMS, numberOf(job), slot, at),
    stdin: (job) => concat([textOf(job), NEWLINE]),
  };
}

/** How many jobs `-j` means on this machine. */
export function jobsAtOnce(setting: JobsSetting): number {
  const jobs = resolveJobs(setting, usableCores(), mostJobs());
  if (setting.kind === "number" && jobs < setting.jobs) {
    const why = "the limits allow no more (ulimit -n, ulimit -u)";
    warn(`imp pool: -j ${setting.jobs}: only ${jobs} at once, ${why}`);
  }
  return jobs;
}

/** Tags each line with its items. */
export function itemTag(job: Job): Uint8Array {
  return concat([textOf(job), TAB]);
}
