import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { formatSize } from "../../base/size.ts";
import type { CallSetup } from "../../hosts/greeting.ts";
import { wordText } from "../../libc/processes/process_image.ts";
import { ownFile } from "../../libc/processes/own_file.ts";
import { checkModule, splitTarget } from "../../multiprocessing/process/load_function.ts";
import { bytesOf, concat } from "../../pool/bytes.ts";
import { quoteWords } from "../../pool/template/quote.ts";
import type { PoolSettings } from "../../pool/settings.ts";
import { textOf } from "../../pool/source/item_jobs.ts";
import { type Job, NO_ITEMS } from "../../pool/types.ts";
import { compileTemplate } from "../../pool/template/template.ts";
import { CallProtocol } from "../../pool/workers/call_protocol.ts";
import { LineProtocol } from "../../pool/workers/line_protocol.ts";
import type { WorkerSettings, WorkerSpec } from "../../pool/workers/worker_settings.ts";
import { WorkerPool } from "../../pool/workers/worker_pool.ts";
import { runtime } from "../../runtime/mod.ts";
import type { WorkerSource, WorkersRequest } from "./families.ts";
import { needsTotal } from "../../pool/rules/halt.ts";
import { jobSource, openItems } from "./input.ts";
import { fileOf } from "./processes.ts";
import {
  becomeNice,
  checkReport,
  itemTag,
  joblogFrom,
  type JobsRunner,
  type Log,
  manySettings,
  runPool,
} from "./run.ts";
import { Voice } from "./progress.ts";

const CALL_COMMAND = ["imp", "pool", "--call"];

/** What a pool of workers has besides the options common to all pools. */
interface Kind {
  readonly program: WorkerSpec;
  /** What identifies a record in the job log, quoted for a shell. */
  readonly identity: (job: Job) => Uint8Array;
}

/** `imp pool --workers` and `imp pool --call`. @returns the exit status */
export async function runWorkers(request: WorkersRequest): Promise<number> {
  const { halt, hosts } = request;
  const { program, identity } = request.program.kind === "call"
    ? callKind(request, request.program)
    : lineKind(request, request.program.words);
  const pool: PoolSettings = {
    ...await manySettings(request),
    // A record has no command line of its own with workers, and no output but its answer; hosts are sent the record
    // itself.
    argv: hosts ? ({ items }) => items.fields : () => [],
    output: "group",
    file: program.file,
    tag: request.tag ? itemTag : undefined,
  };
  let log: Log = {};
  const isDone = (job: Job) => log.done?.take(identity(job)) ?? false;
  const template = compileTemplate([bytesOf("{}")]);
  const atOnce = () => pool.jobLimit.value;
  const shape = { template, file: program.file, environment: [], atOnce };
  const opened = openItems(request.items, needsTotal(halt));
  const source = jobSource(request.items, opened, shape, request.log && isDone);
  if (!request.hosts) becomeNice(request.nice);
  const voice = new Voice(request, "all");
  const runner = await runnerFor(request, pool, program, voice);
  await checkReport(request);
  log = joblogFrom(request.log, false);
  const { warn, line, naming } = voice;
  // A queue has jobs, whose output is the answers.
  const json = hosts?.kind === "queue" && request.json;
  const books = { joblog: log.joblog, json, command: identity, warn, line, naming };
  return await runPool(
    { request, voice, one: "record", called: calledFor(request) },
    pool,
    source,
    books,
    (ledger, ticker) => runner(source, ledger, ticker),
  );
}

/** Answers the records, here or elsewhere. */
async function runnerFor(
  request: WorkersRequest,
  pool: PoolSettings,
  program: WorkerSpec,
  { warn }: Voice,
): Promise<JobsRunner["run"]> {
  const { hosts, json, maxTasks, maxMemory } = request;
  if (hosts) {
    const call = request.program.kind === "call" ? await callSetup(request.program) : undefined;
    if (hosts.kind === "hosts") {
      return (await import("./hosts.ts")).hostWorkers(request, hosts, pool, warn, call);
    }
    return (await import("./queue.ts")).queueWorkers(request, hosts, pool, warn, call).run;
  }
  const eager = request.program.kind === "call";
  const settings: WorkerSettings = { pool, program, maxTasks, maxMemory, eager, json, warn };
  return (source, ledger, ticker) => new WorkerPool(settings, source, ledger, ticker);
}

function lineKind(
  { items, ahead, chdir, hosts }: WorkersRequest,
  words: readonly Uint8Array[],
): Kind {
  const template = compileTemplate(words);
  const line = quoteWords(words);
  return {
    program: {
      // On hosts it is looked up there.
      file: hosts ? wordText(words[0]) : fileOf(words, chdir),
      argv: (slot) => template.render(NO_ITEMS, slot, slot),
      protocol: new LineProtocol(items.boundary(), items.terminator),
      ahead,
    },
    identity: (job) => concat([line, bytesOf(" <<< "), quoteWords([textOf(job)])]),
  };
}

function callKind(
  { items, ahead }: WorkersRequest,
  { target, jsonArguments }: WorkerSource & { kind: "call" },
): Kind {
  const { module, name } = splitTarget(target);
  checkModule(module);
  const self = runtime.selfCommand();
  const options = jsonArguments ? ["--json-args"] : [];
  const argv = [...self, "pool-call-worker", ...options, "--", module, ...name ? [name] : []];
  const line = quoteWords([...CALL_COMMAND, target, ":::"].map(bytesOf));
  return {
    program: {
      file: self[0],
      module,
      fileNow: ownFile,
      argv: () => argv,
      protocol: new CallProtocol(items.terminator),
      ahead,
    },
    identity: (job) => concat([line, bytesOf(" "), quoteWords(job.items.fields)]),
  };
}

/** A function for workers on other machines, which lack the module. @throws ImpError */
async function callSetup(
  { target, jsonArguments: json }: WorkerSource & { kind: "call" },
): Promise<CallSetup> {
  const { module, name } = splitTarget(target);
  const { bundleModule } = await import("../../pool/workers/call_bundle.ts");
  const bytes = bundleModule(module);
  if (bytes.length <= MOST_SOURCE) {
    return { module, name, json, source: new TextDecoder().decode(bytes) };
  }
  throw new ImpError({
    action: "send",
    object: module,
    errno: "E2BIG",
    why: `with its imports it is ${formatSize(bytes.length)} long; at most ${
      formatSize(MOST_SOURCE)
    } can be sent`,
    exit: EXIT.cannotExecute,
  });
}

/** It goes in one frame, and every worker holds it in memory. */
const MOST_SOURCE = 8 << 20;

function calledFor({ program }: WorkersRequest): string {
  return program.kind === "call" ? program.target : wordText(quoteWords(program.words));
}
