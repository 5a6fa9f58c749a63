import { UsageError } from "../../base/errors.ts";
import { parseSize } from "../../base/size.ts";
import type { Values } from "../../cli/options.ts";
import { rawEnvironment, wordText } from "../../libc/processes/process_image.ts";
import { workingDirectory } from "../../libc/processes/process.ts";
import { findProgram } from "../../libc/processes/program_file.ts";
import { checkModule, splitTarget } from "../../multiprocessing/process/load_function.ts";
import { bytesOf, concat, join } from "../../pool/bytes.ts";
import { quoteWords } from "../../pool/quote.ts";
import { parseSources } from "../../pool/sources.ts";
import { compileTemplate, valuesOf } from "../../pool/template.ts";
import { findPlaceholder } from "../../pool/template_parse.ts";
import type { Job } from "../../pool/types.ts";
import { CallProtocol } from "../../pool/workers/call_protocol.ts";
import { LineProtocol } from "../../pool/workers/line_protocol.ts";
import type { WorkerProgram, WorkerSettings } from "../../pool/workers/settings.ts";
import { WorkerPool } from "../../pool/workers/worker_pool.ts";
import { runtime } from "../../runtime/mod.ts";
import { jobSource, recordEnd } from "./input.ts";
import { becomeNice, joblogFrom, type Log, runPool } from "./run.ts";
import { noChildrenFrom, poolSettings } from "./settings.ts";
import { Voice } from "./voice.ts";

/** Records that a fast worker may have at once, unless --ahead says otherwise. */
const AHEAD = 32;
const SPACE = 32;
const CALL_COMMAND = ["imp", "pool", "--call"];

/** Options that say how each job is started or printed: with workers there is nothing of that kind. */
const NOT_WITH_WORKERS = [
  "pipe",
  "stdin",
  "shell",
  "xargs",
  "replace",
  "line-buffer",
  "ungroup",
  "results",
  "dry-run",
  "tty",
];

/** What a pool of workers is, apart from the options that every pool has. */
interface Kind {
  readonly program: WorkerProgram;
  /** What identifies a record in the job log, as a shell would read it. */
  readonly identity: (job: Job) => Uint8Array;
}

/** `imp pool --workers` and `imp pool --call`. @param operands with their markers @returns the exit status */
export async function runWorkers(
  values: Values,
  operands: readonly Uint8Array[],
): Promise<number> {
  const mode = values.text("call") === undefined ? "workers" : "call";
  refuse(values, mode);
  const { command, sources } = parseSources(operands);
  const kind = mode === "call" ? callKind(values, command) : lineKind(values, command);
  const { program, identity } = kind;
  const template = compileTemplate([bytesOf("{}")]);
  const noChildren = await noChildrenFrom(values);
  const pool = { ...poolSettings(values, program.file, template), noChildren };
  let log: Log = {};
  const skip = (job: Job) => log.done?.take(identity(job)) ?? false;
  const source = jobSource(values, sources, template, program.file, [], skip, () => pool.jobs);
  becomeNice(values.text("nice"));
  log = joblogFrom(values);
  const voice = new Voice(values, "all");
  const { warn, line, naming } = voice;
  const settings: WorkerSettings = {
    pool,
    program,
    maxTasks: maxTasks(values),
    maxMemory: sizeFrom(values.text("max-memory-per-worker")),
    eager: mode === "call",
    json: values.has("json"),
    warn,
  };
  const books = { joblog: log.joblog, json: false, command: identity, warn, line, naming };
  return await runPool(
    { values, voice, one: "record" },
    pool,
    source,
    books,
    (ledger, ticker) => new WorkerPool(settings, source, ledger, ticker),
  );
}

function lineKind(values: Values, command: readonly Uint8Array[]): Kind {
  if (command.length === 0 || command[0].length === 0) {
    throw new UsageError("no program given", "for example: imp pool --workers -- ./worker");
  }
  for (const word of command) {
    const found = findPlaceholder(word);
    if (found && found !== "{%}" && found !== "{#}") {
      throw new UsageError(
        `--workers gives records on standard input: ${found} cannot be used too`,
      );
    }
  }
  const words = compileTemplate(command);
  const { boundary, terminator } = recordEnd(values);
  const textOf = (job: Job) => join(valuesOf(job.items), SPACE);
  const line = quoteWords(command);
  const file = findProgram(
    wordText(command[0]),
    rawEnvironment(),
    workingDirectory(),
  );
  return {
    program: {
      file,
      argv: (slot) => words.render([], slot, slot),
      protocol: new LineProtocol(boundary, terminator, textOf),
      ahead: aheadFrom(values),
    },
    identity: (job) => concat([line, bytesOf(" <<< "), quoteWords([textOf(job)])]),
  };
}

function callKind(values: Values, command: readonly Uint8Array[]): Kind {
  if (command.length > 0) {
    const word = new TextDecoder().decode(command[0]);
    throw new UsageError(`--call runs a function and no program: '${word}' is too much`);
  }
  const target = values.text("call")!;
  const { module, name } = splitTarget(target);
  checkModule(module);
  const self = runtime.selfCommand();
  const options = values.has("json-args") ? ["--json-args"] : [];
  const argv = [...self, "pool-call-worker", ...options, "--", module, ...name ? [name] : []];
  const { terminator } = recordEnd(values);
  const line = quoteWords([...CALL_COMMAND, target, ":::"].map(bytesOf));
  return {
    program: {
      file: self[0],
      argv: () => argv,
      protocol: new CallProtocol(terminator),
      ahead: aheadFrom(values),
    },
    identity: (job) => concat([line, bytesOf(" "), quoteWords(valuesOf(job.items))]),
  };
}

function refuse(values: Values, mode: "workers" | "call"): void {
  if (mode === "call" && values.has("workers")) {
    throw new UsageError("--call has workers of its own: leave out --workers");
  }
  const more = mode === "workers" ? ["csv", "colsep", "json-args"] : [];
  const other = [...NOT_WITH_WORKERS, ...more].find((name) =>
    values.has(name) || values.text(name) !== undefined
  );
  if (other === "json-args") throw new UsageError("--json-args needs --call");
  if (other) throw new UsageError(`--${mode} and --${other} contradict each other`);
}

function maxTasks(values: Values): number {
  const texts = ["max-tasks-per-worker", "max-tasks-per-child"].flatMap((name) => {
    const text = values.text(name);
    return text === undefined ? [] : [[name, text]];
  });
  if (texts.length > 1) throw new UsageError(`--${texts[0][0]} and --${texts[1][0]} are the same`);
  return texts.length === 0 ? Infinity : wholeNumber(texts[0][0], texts[0][1], 1);
}

function aheadFrom(values: Values): number {
  const text = values.text("ahead");
  return text === undefined ? AHEAD : 1 + wholeNumber("ahead", text, 0);
}

function wholeNumber(name: string, text: string, least: number): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : -1;
  if (number >= least) return number;
  throw new UsageError(
    `--${name} ${text}: not a number of records`,
    `write a whole number from ${least} on`,
  );
}

function sizeFrom(text: string | undefined): number {
  const size = text === undefined ? Infinity : parseSize(text);
  if (size > 0) return size;
  throw new UsageError(`--max-memory-per-worker ${text}: no memory at all`);
}
