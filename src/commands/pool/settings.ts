import { parseDuration } from "../../base/duration.ts";
import { UsageError } from "../../base/errors.ts";
import { parseSize } from "../../base/size.ts";
import type { Values } from "../../cli/options.ts";
import { warn } from "../../cli/output.ts";
import { readTextOrNothing } from "../../libc/descriptors/files.ts";
import { bytesOf, concat, join } from "../../pool/bytes.ts";
import type { NoChildrenSpawner } from "../../pool/no_children_spawner.ts";
import { mostJobs, usableCores } from "../../pool/cores.ts";
import { parseTermSequence } from "../../pool/ending.ts";
import { parseHalt } from "../../pool/halt.ts";
import { ONE_PER_CORE, parseJobs, resolveJobs } from "../../pool/jobs_setting.ts";
import { parseRetries, parseRetryOn, RETRY_DEFAULTS } from "../../pool/retry.ts";
import type { JobTerminal } from "../../pool/job_terminal.ts";
import type { OutputMode, PoolSettings } from "../../pool/settings.ts";
import { type Template, valuesOf } from "../../pool/template.ts";
import { parseTimeout } from "../../pool/timeout_rule.ts";
import type { Job, RetryRule } from "../../pool/types.ts";

const SPACE = 32;
const TAB = bytesOf("\t");
const NEWLINE = bytesOf("\n");
const DEFAULT_TERM = "TERM,5s,KILL";

/** Everything but the source of the jobs. @param file the program's file */
export function poolSettings(values: Values, file: string, template: Template): PoolSettings {
  const stdin = values.has("stdin");
  const timeout = values.text("timeout");
  refuseContradictions(values);
  return {
    file,
    argv: stdin
      ? (job, slot) => template.render([], job.seq, slot)
      : (job, slot) => template.words(job.items, job.seq, slot),
    jobs: values.has("tty") ? 1 : jobsFrom(values.text("jobs")),
    output: outputFrom(values),
    inOrder: values.has("keep-order"),
    silent: values.has("json"),
    tag: values.has("tag") ? (job) => concat([textOf(job), TAB]) : undefined,
    stdin: stdin ? (job) => concat([textOf(job), NEWLINE]) : undefined,
    retry: retryFrom(values),
    timeout: timeout === undefined ? undefined : parseTimeout(timeout),
    halt: parseHalt(values.text("halt") ?? "never"),
    delay: parseDuration(values.text("delay") ?? "0"),
    termSteps: parseTermSequence(values.text("term-seq") ?? DEFAULT_TERM, parseDuration),
    mayStart: conditions(values),
  };
}

/** What `--no-children` needs; loaded only then. */
export async function noChildrenFrom(values: Values): Promise<NoChildrenSpawner | undefined> {
  if (!values.has("no-children")) return undefined;
  const { NoChildrenSpawner } = await import("../../pool/no_children_spawner.ts");
  return new NoChildrenSpawner();
}

/** What `--tty` needs; loaded only then. @throws ImpError where imp has no terminal */
export async function terminalFrom(values: Values): Promise<JobTerminal | undefined> {
  if (!values.has("tty") || values.has("dry-run")) return undefined;
  const { JobTerminal } = await import("../../pool/job_terminal.ts");
  return new JobTerminal();
}

/** How many jobs `-j` asks for on this machine. */
export function jobsFrom(text: string | undefined): number {
  const setting = text === undefined ? ONE_PER_CORE : parseJobs(text);
  const jobs = resolveJobs(setting, usableCores(), mostJobs());
  if (setting.kind === "number" && jobs < setting.jobs) {
    warn(
      `imp pool: -j ${text}: only ${jobs} at once, the limits allow no more (ulimit -n, ulimit -u)`,
    );
  }
  return jobs;
}

function outputFrom(values: Values): OutputMode {
  if (values.has("line-buffer")) return "line";
  return values.has("ungroup") || (values.has("tty") && !values.has("group")) ? "none" : "group";
}

/** All values of a job, with a space between them. */
function textOf(job: Job): Uint8Array {
  return join(valuesOf(job.items), SPACE);
}

function refuseContradictions(values: Values): void {
  const modes = ["group", "line-buffer", "ungroup"].filter((name) => values.has(name));
  if (modes.length > 1) {
    throw new UsageError(`--${modes[0]} and --${modes[1]} contradict each other`);
  }
  const mode = modes[0] ?? (values.has("tty") ? "tty" : undefined);
  if (mode !== undefined && mode !== "group") {
    const needGroups = ["keep-order", "json", ...mode === "line-buffer" ? [] : ["tag"]];
    const other = needGroups.find((name) => values.has(name)) ??
      (values.text("results") === undefined ? undefined : "results");
    if (other) {
      const hint = mode === "tty" ? "output goes the way of -u: add --group" : undefined;
      throw new UsageError(`--${mode} and --${other} contradict each other`, hint);
    }
  }
  if (values.has("tty")) refuseBesideTerminal(values);
  if (values.text("joblog") === undefined) {
    for (const name of ["resume", "resume-failed"]) {
      if (values.has(name)) throw new UsageError(`--${name} needs --joblog FILE`);
    }
  }
}

/** Several jobs at a time cannot have the terminal, and imp writes nothing on it meanwhile. */
function refuseBesideTerminal(values: Values): void {
  const jobs = values.text("jobs");
  // There it says how many programs of a name run on this machine.
  if (values.text("sem") === undefined && jobs !== undefined && Number(jobs) !== 1) {
    throw new UsageError(
      `--tty and -j ${jobs} contradict each other: one job at a time has the terminal`,
    );
  }
  const other = ["jobs-file", "progress"].find((name) =>
    values.has(name) || values.text(name) !== undefined
  );
  if (other) throw new UsageError(`--tty and --${other} contradict each other`);
}

function retryFrom(values: Values): RetryRule | undefined {
  const given = values.text("retries");
  const delay = values.text("retry-delay");
  const jitter = values.text("retry-jitter");
  const on = values.text("retry-on");
  if (given === undefined) {
    const [name] = ["retry-delay", "retry-jitter", "retry-on"].filter((one) =>
      values.text(one) !== undefined
    );
    if (name) throw new UsageError(`--${name} needs --retries N`);
    return undefined;
  }
  return {
    ...RETRY_DEFAULTS,
    attempts: parseRetries(given),
    delay: delay === undefined ? RETRY_DEFAULTS.delay : parseDuration(delay),
    jitter: jitter === undefined ? 0 : parsePart(jitter),
    on: on === undefined ? undefined : parseRetryOn(on),
  };
}

function parsePart(text: string): number {
  const match = /^(\d{1,3})%$/.exec(text);
  if (match && Number(match[1]) <= 100) return Number(match[1]) / 100;
  throw new UsageError(`--retry-jitter ${text}: not a percentage`, "write for example 50%");
}

/** What has to hold before a job is started. */
function conditions(values: Values): (() => boolean) | undefined {
  const load = values.text("load");
  const memory = values.text("memfree");
  if (load === undefined && memory === undefined) return undefined;
  const most = load === undefined ? Infinity : Number(load);
  if (!(most > 0)) {
    throw new UsageError(`--load '${load}': not a load`, "write for example 4 or 1.5");
  }
  const least = memory === undefined ? 0 : parseSize(memory);
  return () => currentLoad() < most && availableMemory() >= least;
}

function currentLoad(): number {
  return Number((readTextOrNothing("/proc/loadavg") ?? "0").split(" ")[0]);
}

function availableMemory(): number {
  const text = readTextOrNothing("/proc/meminfo") ?? "";
  const match = /^MemAvailable:\s*(\d+) kB/m.exec(text);
  return match ? Number(match[1]) * 1024 : Infinity;
}
