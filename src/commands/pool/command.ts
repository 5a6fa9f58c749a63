import { ImpError, UsageError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import type { Command, Values } from "../../cli/options.ts";
import { keepClosedClosed } from "../../libc/descriptors/closed_stdio.ts";
import { findProgram } from "../../libc/processes/program_file.ts";
import { workingDirectory } from "../../libc/processes/process.ts";
import { rawEnvironment, rawWords, wordText } from "../../libc/processes/process_image.ts";
import { bytesOf } from "../../pool/bytes.ts";
import type { Books } from "../../pool/ledger.ts";
import { CommandPool } from "../../pool/pool.ts";
import { quoteWords } from "../../pool/quote.ts";
import { Results } from "../../pool/results.ts";
import { parseSources } from "../../pool/sources.ts";
import { compileTemplate, type Template } from "../../pool/template.ts";
import type { Job } from "../../pool/types.ts";
import { dryRun } from "./dry_run.ts";
import { jobSource, toBytes } from "./input.ts";
import { POOL_OPTIONS } from "./options.ts";
import { becomeNice, conclude, joblogFrom, type Log, runPool } from "./run.ts";
import { noChildrenFrom, poolSettings, terminalFrom } from "./settings.ts";
import { Voice } from "./voice.ts";

export const poolCommand: Command = {
  name: "pool",
  usage: [
    "pool [OPTIONS] [--] PROGRAM [ARG {}]...",
    "pool [OPTIONS] [--] PROGRAM [ARG {}]... ::: ITEM... [:::: FILE]...",
    "pool [OPTIONS] --shell 'SCRIPT with $1'",
    "pool --pipe [--block SIZE | -N N] [OPTIONS] [--] PROGRAM [ARG]...",
    "pool --workers [OPTIONS] [--] PROGRAM [ARG]...",
    "pool --call MODULE[#EXPORT] [OPTIONS] [::: ITEM...]",
    "pool --sem NAME [-j N] [--] PROGRAM [ARG]...",
  ],
  description: [
    "Runs PROGRAM once for each line of its input, so many at once; when one ends, the next starts. Output comes job by job, never mixed, as soon as a job has ended.",
    "{} stands for the item, {.} without its extension, {/} without its folder, {//} the folder, {/.} both off, {1} {2} … for columns or sources, {#} for the number of the job, {%} for its slot. Without any of them the item is appended. Items are arguments, never parts of a script, so nothing has to be quoted.",
    "Items come from stdin, from files (-a FILE, :::: FILE) or from the command line (::: ITEM). Several sources are crossed; :::+ and ::::+ go beside the source before them.",
    "When imp ends, however it ends, kill -9 included, nothing that it started is left.",
  ],
  options: POOL_OPTIONS,
  examples: [
    { line: "find . -name '*.log' -print0 | imp pool -0 -- gzip -9", says: "one gzip per core" },
    {
      line: "imp pool -j8 -k --tag -- curl -sS :::: urls.txt",
      says: "eight at once, results in order",
    },
    {
      line: "imp pool -- convert {} {.}.webp ::: *.png",
      says: "the item, and the item without its extension",
    },
    {
      line: "seq 100 | imp pool --retries 3 --joblog run.log --resume-failed -- ./step",
      says: "goes on where it stopped",
    },
    { line: "imp pool --shell 'wc -l < \"$1\"' ::: *.txt", says: "a script; the item is $1" },
    {
      line: "imp pool --pipe --block 10M -k gzip -1 < dump.sql > dump.sql.gz",
      says: "a stream in blocks of whole lines",
    },
    {
      line: "cut -f2 access.log | imp pool --workers -k -- ./lookup",
      says: "processes that stay; each answers a line with a line",
    },
    {
      line: "imp pool --call ./resize.ts#thumbnail ::: *.jpg",
      says: "a function of a TypeScript file, in warm processes",
    },
  ],
  exits: [
    ["0", "all jobs succeeded"],
    ["1-100", "so many jobs failed"],
    ["1", "also: a worker ended badly after its last record"],
    ["101", "more than 100 failed"],
    [
      "other",
      "with --halt …,fail=1: that of the failed job; 124 when its time was up, 128+n by signal n",
    ],
    ["2", "wrong usage"],
    ["125", "imp itself failed, for example because the disk is full"],
    ["126", "PROGRAM cannot be executed, or MODULE cannot be loaded"],
    ["127", "PROGRAM or MODULE was not found"],
  ],
  run,
};

async function run(values: Values, operands: string[]): Promise<number> {
  keepClosedClosed();
  try {
    return await pool(values, operands);
  } catch (error) {
    // Here 1 means that one job failed.
    if (error instanceof ImpError && error.exit === EXIT.no) {
      throw error.with({ exit: EXIT.failed });
    }
    throw error;
  }
}

async function pool(values: Values, operands: string[]): Promise<number> {
  refuseEmptyNames(values);
  if (values.text("sem") !== undefined) {
    if (operands.length === 0) throw new UsageError("no program given");
    const { runInTurn } = await import("./sem.ts");
    becomeNice(values.text("nice"));
    const { stop, status } = await runInTurn(values, rawWords(operands).map(toBytes));
    return conclude(stop, status);
  }
  if (values.has("workers") || values.text("call") !== undefined) {
    const { runWorkers } = await import("./workers.ts");
    return await runWorkers(values, rawWords(operands).map(toBytes));
  }
  const { command, sources } = parseSources(rawWords(operands).map(toBytes));
  const { words, template } = program(values, command);
  const blocks = values.has("pipe") ? await import("./pipe.ts") : undefined;
  refuseOfWorkers(values);
  if (!blocks) refuseWithoutPipe(values);
  const environment = rawEnvironment();
  const file = findProgram(wordText(words[0]), environment, workingDirectory());
  const common = {
    ...poolSettings(values, file, template),
    noChildren: await noChildrenFrom(values),
    terminal: await terminalFrom(values),
  };
  const settings = blocks ? blocks.pipeSettings(common) : common;
  const identity = blocks
    ? blocks.blockIdentity(words)
    : (job: Job) => quoteWords(template.renderWithoutSlot(job.items, job.seq));
  let log: Log = {};
  const skip = (job: Job) => log.done?.take(identity(job)) ?? false;
  const source = blocks
    ? blocks.blockSource(values, command, sources, skip)
    : jobSource(values, sources, template, file, environment, skip, () => settings.jobs);
  const results = values.has("dry-run") ? undefined : values.text("results");
  const resumes = values.has("resume") || values.has("resume-failed");
  const kept = results === undefined ? undefined : new Results(results, resumes);
  becomeNice(values.text("nice"));
  // Last of all: it is emptied, which nothing that is wrong with the rest should cost.
  log = joblogFrom(values);
  if (values.has("dry-run")) return dryRun(source, settings);
  const voice = new Voice(values, "all");
  const books: Books = {
    joblog: log.joblog,
    results: kept,
    json: values.has("json"),
    command: identity,
    warn: voice.warn,
    line: voice.line,
    naming: voice.naming,
  };
  return await runPool(
    { values, voice, one: "job" },
    settings,
    source,
    books,
    (ledger, ticker) => new CommandPool(settings, source, ledger, ticker),
  );
}

/** The words of a job before its items are filled in. */
function program(
  values: Values,
  command: readonly Uint8Array[],
): { words: readonly Uint8Array[]; template: Template } {
  if (command.length === 0 || command[0].length === 0) {
    throw new UsageError("no program given", "for example: seq 3 | imp pool -- echo");
  }
  const replace = values.text("replace");
  if (replace === "") throw new UsageError("-I needs the text that stands for the item");
  const marker = replace === undefined ? undefined : bytesOf(replace);
  if (!values.has("shell")) {
    refuseItemTwice(values, command, replace ?? "{}");
    return {
      words: command,
      template: compileTemplate(command, { marker, context: values.has("xargs") }),
    };
  }
  const words = shellWords(values, command);
  return { words, template: compileTemplate(words, { literal: true }) };
}

function shellWords(values: Values, command: readonly Uint8Array[]): readonly Uint8Array[] {
  if (command.length > 1) {
    throw new UsageError(
      "--shell takes one word, the script",
      "quote it: --shell 'cat \"$1\" | wc'",
    );
  }
  const [script] = command;
  const spliced = /\{(?:|\.|\/|\/\/|\/\.)\}/.exec(new TextDecoder().decode(script));
  if (spliced) {
    throw new UsageError(
      `--shell: ${
        spliced[0]
      } in a script would make the item a part of the script, and run what is in it`,
      'write "$1" for the item; {1} is "$1", {2} is "$2"',
    );
  }
  if (values.has("stdin")) throw new UsageError("--shell gives the item as $1: leave out --stdin");
  return [bytesOf("/bin/sh"), bytesOf("-c"), script, bytesOf("sh")];
}

function refuseItemTwice(values: Values, command: readonly Uint8Array[], marker: string): void {
  if (!values.has("stdin")) return;
  const word = command.find((one) => new TextDecoder().decode(one).includes(marker));
  if (word) {
    throw new UsageError(`--stdin gives the item on standard input: ${marker} cannot be used too`);
  }
}

/** A variable of a script that was not set. */
function refuseEmptyNames(values: Values): void {
  const given = (name: string) => [values.text(name), ...values.texts(name)];
  const name = ["arg-file", "joblog", "results", "jobs-file"].find((one) =>
    given(one).includes("")
  );
  if (name) throw new UsageError(`--${name} needs a name, and it is empty`);
}

const OF_WORKERS = [
  "json-args",
  "max-tasks-per-worker",
  "max-tasks-per-child",
  "max-memory-per-worker",
  "ahead",
];

function refuseOfWorkers(values: Values): void {
  const name = OF_WORKERS.find((one) => values.has(one) || values.text(one) !== undefined);
  if (name === undefined) return;
  throw new UsageError(`--${name} needs ${name === "json-args" ? "" : "--workers or "}--call`);
}

const OF_PIPE = ["block", "records", "recend", "recstart"];

function refuseWithoutPipe(values: Values): void {
  const name = OF_PIPE.find((one) => values.text(one) !== undefined);
  if (name === "records") {
    throw new UsageError("-N needs --pipe", "-n N gives N items to each job");
  }
  if (name) throw new UsageError(`--${name} needs --pipe`);
}
