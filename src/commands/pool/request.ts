import { parseDuration } from "../../base/duration.ts";
import { UsageError } from "../../base/errors.ts";
import { parseSize } from "../../base/size.ts";
import type { Given } from "../../cli/options.ts";
import { SIGKILL, SIGTERM } from "../../libc/abi.ts";
import { rawWord, rawWords } from "../../libc/processes/process_image.ts";
import { parseHalt } from "../../pool/rules/halt.ts";
import { ONE_PER_CORE, parseJobs } from "../../pool/rules/jobs_setting.ts";
import { parseTermSequence, parseTimeout } from "../../pool/process/timeout_rule.ts";
import { parseRetries, parseRetryOn, RETRY_DEFAULTS } from "../../pool/rules/retry.ts";
import { parseSources } from "../../pool/source/sources.ts";
import type { OutputMode } from "../../pool/settings.ts";
import type { JobsSetting, RetryRule } from "../../pool/types.ts";
import { parseNice } from "../daemon/values.ts";
import { kindOf } from "./contradictions.ts";
import { placeWords } from "../queues/access_options.ts";
import type {
  HostsOption,
  ItemsRequest,
  ManyRequest,
  PoolRequest,
  ProgramsRequest,
  QueueRequest,
} from "./families.ts";
import type { PoolOption } from "./options.ts";
import { filesFrom, variablesFrom } from "./request_files.ts";
import { blockInput, itemInput, oneWithout, toBytes, wholeNumber } from "./request_input.ts";
import { blockCommand, itemCommand, semaphoreName, workerWords } from "./request_program.ts";

/** Most records that a fast worker has at once, unless --ahead is given. */
const AHEAD = 32;
/** `TERM,5s,KILL`. Defaults are values, not texts: parsing one would run regular expressions at each start. */
const DEFAULT_TERM = [{ signal: SIGTERM, wait: 5000 }, { signal: SIGKILL, wait: 0 }];
const HOST_TIMEOUT = "30s";
const ONE: JobsSetting = { kind: "number", jobs: 1 };

/** @throws UsageError */
export function poolRequest(
  values: Given<PoolOption>,
  operands: readonly string[],
): PoolRequest {
  const kind = kindOf(values);
  const words = rawWords(operands).map(toBytes);
  if (kind === "semaphore") {
    if (words.length === 0) throw new UsageError("no program given");
    const name = semaphoreName(values.text("sem")!);
    return { family: "semaphore", name, words, ...programsFrom(values, ONE) };
  }
  const many = manyFrom(values);
  if (kind === "attach") {
    if (words.length > 0) {
      throw new UsageError("--attach takes no program and no items: the run has its own");
    }
    return { family: "attach", ...many, hosts: queueFrom(values)! };
  }
  const { command, sources } = parseSources(words);
  switch (kind) {
    case "call":
    case "workers":
      return {
        family: "workers",
        ...many,
        program: workerWords(values, command),
        items: itemInput(values, sources),
        maxTasks: maxTasks(values),
        maxMemory: maxMemory(values.text("max-memory-per-worker")),
        ahead: ahead(values.text("ahead")),
      };
    case "blocks":
      return {
        family: "blocks",
        ...many,
        ...processesFrom(values),
        command: blockCommand(values, command),
        ...blockInput(values, sources),
      };
    case "items":
      return {
        family: "items",
        ...many,
        ...processesFrom(values),
        command: itemCommand(values, command),
        items: itemInput(values, values.has("nonall") ? oneWithout(values, sources) : sources),
        by: values.has("stdin") ? "stdin" : "arguments",
      };
  }
}

function programsFrom(values: Given<PoolOption>, jobs: JobsSetting): ProgramsRequest {
  const given = values.text("jobs");
  const nice = values.text("nice");
  const steps = values.text("term-seq");
  const timeout = values.text("timeout");
  return {
    jobs: given === undefined ? jobs : parseJobs(given),
    nice: nice === undefined ? undefined : parseNice(nice),
    noChildren: values.has("no-children"),
    tty: values.has("tty") && !values.has("dry-run"),
    retry: retryFrom(values),
    timeout: timeout === undefined ? undefined : parseTimeout(timeout),
    termSteps: steps === undefined ? DEFAULT_TERM : parseTermSequence(steps, parseDuration),
    quiet: values.has("quiet"),
  };
}

function manyFrom(values: Given<PoolOption>): ManyRequest {
  const memory = values.text("memfree");
  const delay = values.text("delay");
  return {
    ...programsFrom(values, usualJobs(values)),
    hosts: queueFrom(values) ?? hostsFrom(values),
    chdir: values.text("chdir"),
    jobsFile: values.text("jobs-file"),
    delay: delay === undefined ? 0 : parseDuration(delay),
    maxLoad: maxLoad(values.text("load")),
    minMemory: memory === undefined ? 0 : parseSize(memory),
    halt: parseHalt(values.text("halt") ?? "never"),
    inOrder: values.has("keep-order"),
    tag: values.has("tag"),
    json: values.has("json"),
    progress: values.has("progress"),
    verbose: values.has("verbose"),
    log: logFrom(values),
    report: values.text("report"),
  };
}

function hostsFrom(values: Given<PoolOption>): HostsOption | undefined {
  const logins = values.texts("sshlogin");
  const files = values.texts("hosts");
  if (logins.length + files.length === 0) return undefined;
  const timeout = parseDuration(values.text("host-timeout") ?? HOST_TIMEOUT);
  if (timeout < 1000) throw new UsageError("--host-timeout: less than a second");
  return {
    ...{ kind: "hosts", logins, files, timeout },
    retriesLost: values.text("on-lost") === "retry",
    filtered: values.has("filter-hosts"),
    openDelay: parseDuration(values.text("sshdelay") ?? "0"),
    ssh: values.text("ssh"),
    images: values.texts("imp-file"),
    onEach: isOnEach(values),
    transfer: filesFrom(values),
    env: variablesFrom(values),
  };
}

function usualJobs(values: Given<PoolOption>): JobsSetting {
  if (values.has("tty")) return onlyOne(values.text("jobs"));
  // With these options it is the number of hosts at once.
  return isOnEach(values) ? { kind: "unlimited" } : ONE_PER_CORE;
}

function isOnEach(values: Given<PoolOption>): boolean {
  return values.has("onall") || values.has("nonall");
}

function queueFrom(values: Given<PoolOption>): QueueRequest | undefined {
  const url = values.text("on");
  if (url === undefined) return undefined;
  const run = values.text("attach");
  return {
    kind: "queue",
    place: placeWords(url, values),
    mode: run !== undefined ? "attach" : values.has("detach") ? "detach" : "run",
    run,
    once: values.has("at-most-once"),
    terms: {
      priority: values.text("priority"),
      needs: values.text("needs"),
      notBefore: values.text("not-before"),
    },
  };
}

/** Concurrent jobs cannot share the terminal. */
function onlyOne(jobs = "1"): JobsSetting {
  if (Number(jobs) === 1) return ONE;
  throw new UsageError(
    `--tty and -j ${jobs} cannot be used together: one job at a time has the terminal`,
  );
}

/** Settings of jobs that are processes. */
function processesFrom(values: Given<PoolOption>) {
  const output = outputFrom(values);
  const tagstring = values.text("tagstring");
  return {
    output,
    results: resultsFrom(values),
    files: values.has("files"),
    temporary: values.text("tmpdir"),
    dryRun: values.has("dry-run"),
    trace: values.has("trace"),
    tagstring: tagstring === undefined
      ? undefined
      : toBytes(rawWord(tagstring.replaceAll("\\t", "\t"))),
  };
}

function resultsFrom(values: Given<PoolOption>): ItemsRequest["results"] {
  const directory = values.text("results");
  if (directory === undefined) return undefined;
  const foreign = /\{[^}]*\}|\.[ct]sv$/.exec(directory)?.[0];
  if (foreign !== undefined) {
    throw new UsageError(
      `--results ${directory}: it is a directory, and '${foreign}' has no meaning in its name`,
      foreign.startsWith("{")
        ? "--results-by says how it is laid out"
        : "for a program to read: --json; a job log: --joblog FILE",
    );
  }
  return { directory, by: values.text("results-by") === "number" ? "number" : "arguments" };
}

function outputFrom(values: Given<PoolOption>): OutputMode {
  if (values.has("line-buffer")) return "line";
  return values.has("ungroup") || (values.has("tty") && !values.has("group")) ? "none" : "group";
}

function logFrom(values: Given<PoolOption>): ManyRequest["log"] {
  const text = values.text("joblog");
  if (text === undefined) return undefined;
  // GNU parallel's sign for appending; ./+FILE names a file that begins with it.
  const appends = text.startsWith("+");
  const path = appends ? text.slice(1) : text;
  if (values.has("resume-failed")) return { path, appends, resume: "succeeded" };
  return { path, appends, resume: values.has("resume") ? "ended" : undefined };
}

function retryFrom(values: Given<PoolOption>): RetryRule | undefined {
  const given = values.text("retries");
  if (given === undefined) return undefined;
  const delay = values.text("retry-delay");
  const jitter = values.text("retry-jitter");
  const on = values.text("retry-on");
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

function maxLoad(text: string | undefined): number {
  const most = text === undefined ? Infinity : Number(text);
  if (most > 0) return most;
  throw new UsageError(`--load '${text}': not a load`, "write for example 4 or 1.5");
}

function maxTasks(values: Given<PoolOption>): number {
  for (const name of ["max-tasks-per-worker", "max-tasks-per-child"] as const) {
    const text = values.text(name);
    if (text !== undefined) return wholeNumber(`--${name}`, text, 1);
  }
  return Infinity;
}

function maxMemory(text: string | undefined): number {
  const size = text === undefined ? Infinity : parseSize(text);
  if (size > 0) return size;
  throw new UsageError(`--max-memory-per-worker ${text}: must be more than 0`);
}

function ahead(text: string | undefined): number {
  return text === undefined ? AHEAD : 1 + wholeNumber("--ahead", text, 0);
}
