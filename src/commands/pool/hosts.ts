// Jobs on other machines: turns a request into what src/hosts works with. Loaded only when used.
import { textFromBytes } from "../../base/byte_text.ts";
import { UsageError } from "../../base/errors.ts";
import { callersVariable, rawEnvironment } from "../../libc/processes/process_image.ts";
import { HostPool } from "../../hosts/client/host_pool.ts";
import type { HostsSettings } from "../../hosts/client/host_setup.ts";
import type { CallSetup, WorkerSetup, WorkersSetup } from "../../hosts/greeting.ts";
import { HostRoster } from "../../hosts/host_roster.ts";
import { slotsText } from "../../hosts/host_slots.ts";
import { type HostEntry, type HostSpec, parseHosts } from "../../hosts/host_spec.ts";
import { installedPrograms } from "../../hosts/launched.ts";
import { parseSsh, USUAL_SSH } from "../../hosts/ssh_command.ts";
import { parseImpFile } from "../../hosts/machine_name.ts";
import { workerImages } from "../../hosts/worker_image.ts";
import { find } from "../../pool/bytes.ts";
import { resolveJobs, usableCores } from "../../pool/rules/jobs_setting.ts";
import { findPlaceholder } from "../../pool/template/template_parse.ts";
import type { JobsSetting } from "../../pool/types.ts";
import type { FilesOption } from "../../hosts/files/files_plan.ts";
import { directoryFromHome } from "../../hosts/files/work_directory.ts";
import { EachHostJobs } from "../../hosts/each_host_jobs.ts";
import { sentVariables } from "../../hosts/sent_variables.ts";
import type { TemplateOptions } from "../../pool/template/template.ts";
import type { PoolSettings } from "../../pool/settings.ts";
import { bytesOf } from "../../pool/bytes.ts";
import { ownWords } from "../../libc/processes/own_file.ts";
import { VERSION } from "../../version.ts";
import type {
  BlocksRequest,
  HostsOption,
  ItemsRequest,
  ManyRequest,
  WorkersRequest,
} from "./families.ts";
import { toBytes } from "./request_input.ts";
import type { JobsRunner } from "./run.ts";

const PACKERS = ["zstd", "gzip", "cat"];
const SLOT = bytesOf("{%}");
/** A directory for each job. */
const OWN_DIRECTORY = "...";

/** @throws ImpError, UsageError */
export async function hostPool(
  request: ItemsRequest | BlocksRequest,
  hosts: HostsOption,
  pool: PoolSettings,
  options: TemplateOptions,
  warn: (text: string) => void,
): Promise<JobsRunner> {
  const variables = variablesFor(hosts, warn);
  const { output } = request;
  const settings: HostsSettings = {
    ...usualSettings(request, hosts, pool, warn),
    setup: (spec) => ({
      ...setupFor(request, hosts, variables, spec),
      output,
      files: hosts.transfer !== undefined,
    }),
    files: hosts.transfer && await filesOfJobs(hosts.transfer, options),
    namesSlot: namesSlot(request),
    hostsAtOnce: hosts.onEach ? hostsAtOnce(request.jobs) : undefined,
  };
  const names = settings.list.hosts.map(({ name }) => name);
  return {
    jobsOf: (source) => hosts.onEach ? new EachHostJobs(source, names) : source,
    run: (source, ledger, ticker) => new HostPool(settings, source, ledger, ticker),
  };
}

/** Answers the records of such a request. @param call by a function @throws ImpError, UsageError */
export function hostWorkers(
  request: WorkersRequest,
  hosts: HostsOption,
  pool: PoolSettings,
  warn: (text: string) => void,
  call: CallSetup | undefined,
): JobsRunner["run"] {
  const variables = variablesFor(hosts, warn);
  const { items: { terminator }, json } = request;
  const directory = workersDirectory(request);
  const settings: HostsSettings = {
    ...usualSettings(request, hosts, pool, warn),
    setup: (spec) => ({
      ...setupFor(request, hosts, variables, spec),
      dir: directory(spec),
      output: "group",
      workers: { ...workersSetup(request), host: spec.host, login: spec.name, call },
    }),
    namesSlot: false,
    records: { json, terminator },
  };
  return (source, ledger, ticker) => new HostPool(settings, source, ledger, ticker);
}

/** The setup of resident workers, here or on hosts. */
export function workersSetup(
  { program, items: { terminator }, ahead, maxTasks, maxMemory }: WorkersRequest,
): Omit<WorkersSetup, "host" | "login"> {
  return {
    words: program.kind === "lines" ? program.words.map(textFromBytes) : [],
    ahead,
    terminator: textFromBytes(terminator),
    maxTasks: maxTasks === Infinity ? 0 : maxTasks,
    maxMemory: maxMemory === Infinity ? 0 : maxMemory,
  };
}

/** What pools of both kinds have in common. */
function usualSettings(
  request: ItemsRequest | BlocksRequest | WorkersRequest,
  hosts: HostsOption,
  pool: PoolSettings,
  warn: (text: string) => void,
) {
  const entries = hosts.logins.flatMap(parseHosts);
  if (readsStdin(request) && namesStdin(entries, hosts.files)) {
    const hint = "give the items by ::: or -a FILE";
    throw new UsageError("hosts and items cannot both be read from stdin", hint);
  }
  const ssh = hosts.ssh ?? callersVariable("PARALLEL_SSH");
  return {
    pool,
    list: new HostRoster({ entries, files: hosts.files }, warn),
    approach: {
      ssh: ssh === undefined ? USUAL_SSH : parseSsh(ssh),
      timeout: hosts.timeout,
      version: VERSION,
      images: workerImages(new Map(hosts.images.map(parseImpFile))),
      own: ownWords,
      packers: installedPrograms(PACKERS, rawEnvironment()),
    },
    mayUse: conditionOf(request),
    ...{ retriesLost: hosts.retriesLost, filtered: hosts.filtered },
    ...{ openDelay: hosts.openDelay, warn },
  };
}

/** Where workers run on a host: relative to the home directory, unless absolute. @throws UsageError */
function workersDirectory({ chdir }: WorkersRequest): (spec: HostSpec) => string | undefined {
  if (chdir === OWN_DIRECTORY || (chdir && findPlaceholder(bytesOf(chdir)))) {
    throw new UsageError(`--workdir ${chdir}: workers stay, and have one directory on each host`);
  }
  const here = chdir === "." ? directoryFromHome() : chdir;
  return ({ way }) => way.kind === "local" ? chdir : here;
}

function hostsAtOnce(jobs: JobsSetting): number {
  return jobs.kind === "unlimited" ? Infinity : resolveJobs(jobs, usableCores(), Infinity);
}

function readsStdin(request: ItemsRequest | BlocksRequest | WorkersRequest): boolean {
  if (request.family === "blocks") return request.file === undefined;
  const { sources } = request.items;
  return sources.length === 0 || sources.some(({ from }) => from === "stdin");
}

function namesStdin(entries: readonly HostEntry[], files: readonly string[]): boolean {
  return [...files, ...entries.map((entry) => entry.kind === "file" ? entry.file : "")]
    .includes("-");
}

function setupFor(
  request: ManyRequest,
  { timeout, onEach }: HostsOption,
  variables: readonly string[],
  { name, host, cores, way }: HostSpec,
): Omit<WorkerSetup, "credit" | "output"> {
  const { jobs } = request;
  return {
    ...setupOfJobs(request),
    slots: onEach ? "1" : slotsText(jobs, cores),
    env: [...variables, `PARALLEL_SSHLOGIN=${name}`, `PARALLEL_SSHHOST=${host}`],
    heartbeat: way.kind === "local" ? 0 : timeout,
  };
}

/** What a worker is told about jobs, here or on hosts. */
export function setupOfJobs(
  { termSteps, noChildren, maxLoad, minMemory, nice, retry }: ManyRequest,
) {
  return {
    termSteps: termSteps.map(({ signal, wait }) => [signal, wait] as const),
    noChildren,
    ...nice === undefined ? {} : { nice },
    ...maxLoad === Infinity ? {} : { maxLoad },
    minMemory,
    load: maxLoad < Infinity || minMemory > 0,
    endRests: retry !== undefined,
  };
}

function variablesFor(
  { env }: HostsOption,
  warn: (text: string) => void,
): readonly string[] {
  const { words, missing } = sentVariables(env, rawEnvironment());
  for (const name of missing) warn(`--env ${name}: no such variable is exported`);
  return words;
}

// Loaded only if jobs have files.
async function filesOfJobs(
  option: FilesOption,
  options: TemplateOptions,
): Promise<HostsSettings["files"]> {
  const { ClientFiles } = await import("../../hosts/files/client_files.ts");
  const { FilesPlan } = await import("../../hosts/files/files_plan.ts");
  const plan = new FilesPlan(option, options, directoryFromHome);
  return { plan, open: () => new ClientFiles() };
}

function conditionOf(
  { maxLoad, minMemory }: ManyRequest,
): HostsSettings["mayUse"] {
  if (maxLoad === Infinity && minMemory === 0) return undefined;
  return ({ load = 0, memory = Infinity }) => load < maxLoad && memory >= minMemory;
}

/** Whether a word names the slot: only concurrent jobs have different ones. */
export function namesSlot(
  { command, tagstring, hosts }: Pick<ItemsRequest, "tagstring" | "hosts"> & {
    readonly command: { readonly words: readonly Uint8Array[] };
  },
): boolean {
  const transfer = hosts && "transfer" in hosts ? hosts.transfer : undefined;
  const { sent = [], returned = [], workdir } = transfer ?? {};
  const files = [...sent, ...returned, ...workdir ? [workdir] : []];
  const words = [...command.words, ...files, ...tagstring ? [tagstring] : []];
  return words.some((word) => find(toBytes(word), SLOT) >= 0);
}
