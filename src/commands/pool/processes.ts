import { ImpError, UsageError } from "../../base/errors.ts";
import { quotedWord } from "../../base/shell_words.ts";
import { findProgram, looksLikeScript } from "../../libc/processes/program_file.ts";
import { rawEnvironment, wordText } from "../../libc/processes/process_image.ts";
import type { Books, Ledger } from "../../pool/account/ledger.ts";
import { CommandPool } from "../../pool/pool.ts";
import { quoteWords } from "../../pool/template/quote.ts";
import { Results } from "../../pool/output/results.ts";
import type { JobSource, PoolSettings, Ticker } from "../../pool/settings.ts";
import { type Job, numberOf } from "../../pool/types.ts";
import type { BlocksRequest, ItemsRequest } from "./families.ts";
import { jobSource, openItems } from "./input.ts";
import {
  absolutePath,
  becomeNice,
  checkReport,
  itemSettings,
  itemTag,
  joblogFrom,
  type JobsRunner,
  type Log,
  manySettings,
  runPool,
} from "./run.ts";
import { Voice } from "./progress.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { textFromBytes } from "../../base/byte_text.ts";
import { printable } from "../../cli/printable.ts";
import { printBytes, warn } from "../../cli/output.ts";
import { isBlock } from "../../libc/processes/spawner.ts";
import { compileTemplate, type TemplateOptions } from "../../pool/template/template.ts";
import { runtime } from "../../runtime/mod.ts";
import { needsTotal } from "../../pool/rules/halt.ts";
import { bytesOf, concat, EMPTY, find, join } from "../../pool/bytes.ts";
import { toBytes } from "./request_input.ts";

/** Jobs that are processes, and where they come from. */
interface Jobs {
  readonly settings: PoolSettings;
  readonly source: JobSource;
  /** What identifies a job in the job log, quoted for a shell. */
  readonly identity: (job: Job) => Uint8Array;
  /** Names of the arguments from a header. */
  readonly names?: readonly string[];
  /** How placeholders are filled in. */
  readonly options: TemplateOptions;
}

/** A pool in which each job is a process. @returns the exit status */
export async function runProcesses(request: ItemsRequest | BlocksRequest): Promise<number> {
  let log: Log = {};
  const isDone: IsDone = (command) => log.done?.take(command()) ?? false;
  const { settings, source, identity, names, options } = request.family === "items"
    ? await itemJobs(request, isDone)
    : await blockJobs(request, isDone);
  const results = request.results === undefined || request.dryRun ? undefined : new Results(
    request.results.directory,
    { by: request.results.by, names },
    request.log?.resume !== undefined,
  );
  const files = request.files && !request.dryRun ? await outputFiles(request) : undefined;
  const voice = new Voice(request, "all");
  const runner = request.dryRun ? undefined : await runnerFor(request, settings, options, voice);
  if (!request.hosts) becomeNice(request.nice);
  if (!request.dryRun) await checkReport(request);
  // Last: this empties the log, which must not happen if anything else is wrong.
  log = joblogFrom(request.log, request.dryRun);
  if (!runner) return dryRun(source, settings);
  const jobs = runner.jobsOf(source);
  const { json } = request;
  const { warn, line, naming } = voice;
  const books: Books = {
    ...{ joblog: log.joblog, results, files, json, command: identity, warn, line, naming },
  };
  return await runPool(
    { request, voice, one: "job", called: wordText(quoteWords(request.command.words)) },
    settings,
    jobs,
    books,
    (ledger, ticker) => runner.run(jobs, ledger, ticker),
  );
}

/** What runs the jobs, here or elsewhere. */
async function runnerFor(
  request: ItemsRequest | BlocksRequest,
  settings: PoolSettings,
  options: TemplateOptions,
  { warn }: Voice,
): Promise<JobsRunner> {
  if (!request.hosts) {
    const run = (source: JobSource, ledger: Ledger, ticker: Ticker) =>
      new CommandPool(settings, source, ledger, ticker);
    return { jobsOf: (source) => source, run };
  }
  if (request.hosts.kind === "queue") {
    const { queuePool } = await import("./queue.ts");
    return queuePool(request, request.hosts, settings, warn);
  }
  const { hostPool } = await import("./hosts.ts");
  return await hostPool(request, request.hosts, settings, options, warn);
}

/** The file of a program; on hosts it is looked up there. */
function programOf(
  words: readonly Uint8Array[],
  { chdir, hosts }: ItemsRequest | BlocksRequest,
): string {
  return hosts ? wordText(words[0]) : fileOf(words, chdir);
}

/**
 * Whether to leave out a job of that command line because it is done already. Asks for the line only if a log is
 * resumed.
 */
type IsDone = (command: () => Uint8Array) => boolean;

async function itemJobs(request: ItemsRequest, isDone: IsDone): Promise<Jobs> {
  const { output, halt, command: { words, options } } = request;
  const environment = rawEnvironment();
  const file = programOf(words, request);
  const opened = openItems(request.items, needsTotal(halt) || countsJobs(request));
  const { names } = opened;
  const hosts = request.hosts !== undefined;
  const more = { ...options, names, hosts, total: (): number | undefined => source.allJobs };
  // A header tells more than the words alone.
  const template = names || options.plus || hosts
    ? compileTemplate(words, more)
    : request.command.template;
  const settings: PoolSettings = {
    ...await manySettings(request),
    ...itemSettings(request.by, template),
    ...{
      file,
      output,
      tag: tagFrom(
        request,
        more,
        request.hosts?.kind === "hosts" && request.hosts.onEach ? hostTag : itemTag,
      ),
    },
    maxChars: request.items.maxChars < Infinity ? request.items.maxChars : undefined,
    temporary: request.temporary,
    announce: request.trace ? traced : undefined,
  };
  const atOnce = () => settings.jobLimit.value;
  const shape = { template, file, environment, atOnce };
  const identity = (job: Job) => quoteWords(template.renderWithoutSlot(job.items, numberOf(job)));
  const source = jobSource(request.items, opened, shape, (job) => isDone(() => identity(job)));
  const called = names && [...names.keys()].map(nameFromHeader);
  return { settings, source, identity, names: called, options: more };
}

/** Names from a header: bytes become characters. */
function nameFromHeader(name: string): string {
  return textFromBytes(Uint8Array.from(name, (character) => character.charCodeAt(0)));
}

// Loaded only if requested.
async function outputFiles({ temporary, results }: ItemsRequest | BlocksRequest) {
  const { OutputFiles } = await import("../../pool/output/output_files.ts");
  return new OutputFiles(temporary ?? results?.directory ?? (runtime.env("TMPDIR") || "/tmp"));
}

async function blockJobs(request: BlocksRequest, isDone: IsDone): Promise<Jobs> {
  const { blockIdentity, blockSource, blockTag } = await import("./blocks.ts");
  const { output, command: { words, options } } = request;
  const hosts = request.hosts !== undefined;
  const template = hosts ? compileTemplate(words, { ...options, hosts }) : request.command.template;
  const settings: PoolSettings = {
    ...await manySettings(request),
    argv: (job, slot, at) => template.words(job.items, job.seq, slot, at),
    ...{ file: programOf(words, request), output, tag: tagFrom(request, { hosts }, blockTag) },
    temporary: request.temporary,
    announce: request.trace ? traced : undefined,
  };
  const identity = blockIdentity(words);
  const source = blockSource(request, (job) => isDone(() => identity(job)));
  return { settings, source, identity, options: { ...options, hosts } };
}

/** Whether a placeholder stands for the number of jobs. @throws UsageError if that cannot be known */
function countsJobs({ command: { words, options }, items, tagstring }: ItemsRequest): boolean {
  const asks = [...words, ...tagstring ? [tagstring] : []].some((word) => find(word, TOTAL) >= 0);
  if (!options.plus || !asks) return false;
  if (items.most < Infinity) return true;
  throw new UsageError("{##}: with -X and -m the number of jobs is not known in advance");
}

const TOTAL = bytesOf("{##}");

/** The prefix of each line. */
function tagFrom(
  { tag, tagstring }: ItemsRequest | BlocksRequest,
  options: TemplateOptions,
  usual: NonNullable<PoolSettings["tag"]>,
): PoolSettings["tag"] {
  if (tagstring === undefined) return tag ? usual : undefined;
  const own = { exact: true, context: false, without: false, literal: false };
  const template = compileTemplate([tagstring], { ...options, ...own });
  return (job, slot, at) =>
    concat([join(template.render(job.items, numberOf(job), slot, at), SPACE), TAB]);
}

const TAB = bytesOf("\t"), SPACE = 0x20;

/** Where every host has the same items, the tag names the host. */
const hostTag: NonNullable<PoolSettings["tag"]> = (_job, _slot, at) =>
  concat([at?.login ?? EMPTY, TAB]);

/** The file of a program. @param knowsShell whether --shell may be suggested @throws ImpError */
export function fileOf(
  [program]: readonly Uint8Array[],
  directory?: string,
  knowsShell = true,
): string {
  const name = wordText(program);
  try {
    return findProgram(name, rawEnvironment(), absolutePath(directory ?? "."));
  } catch (error) {
    if (!(error instanceof ImpError) || !knowsShell || !looksLikeScript(name)) throw error;
    // The item is the script's first argument, so that nothing in it is executed.
    const script = name.replaceAll("{}", '"$1"');
    throw error.with({
      meant: undefined,
      hint: `for a shell: imp pool --shell ${quotedWord(script)}`,
    });
  }
}

const NEWLINE = bytesOf("\n");

/** Prints each command quoted for a shell; slots are taken in turn. @returns the exit status */
export function dryRun(source: JobSource, settings: PoolSettings): number {
  for (let count = 0;;) {
    const job = source.next();
    if (job) {
      const slot = count++ % settings.jobLimit.value + 1;
      printBytes(concat([asLine(settings.argv(job, slot)), NEWLINE]));
      job.input?.release();
    } else if (source.ended) return EXIT.done;
    else source.read();
  }
}

/** Quoted for a shell. */
function asLine(words: ReturnType<PoolSettings["argv"]>): Uint8Array {
  return quoteWords(words.flatMap((word) => isBlock(word) ? word.words() : toBytes(word)));
}

/** Items may come from anyone: their control characters must not reach the terminal. */
function traced(words: ReturnType<PoolSettings["argv"]>): void {
  warn(textFromBytes(asLine(words)).split("\n").map(printable).join("\n"));
}
