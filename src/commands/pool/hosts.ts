// Jobs on other machines: what is asked for becomes what src/hosts works with. Loaded only where it is.
import { UsageError } from "../../base/errors.ts";
import { callersVariable, rawEnvironment } from "../../libc/processes/process_image.ts";
import { HostPool } from "../../hosts/client/host_pool.ts";
import type { HostsSettings } from "../../hosts/client/host_setup.ts";
import type { WorkerSetup } from "../../hosts/greeting.ts";
import { HostRoster } from "../../hosts/host_roster.ts";
import { slotsText } from "../../hosts/host_slots.ts";
import { type HostEntry, type HostSpec, parseHosts } from "../../hosts/host_spec.ts";
import { installedPrograms } from "../../hosts/launched.ts";
import { parseSsh, USUAL_SSH } from "../../hosts/ssh_command.ts";
import { parseImpFile } from "../../hosts/machine_name.ts";
import { workerImages } from "../../hosts/worker_image.ts";
import { find } from "../../pool/bytes.ts";
import { resolveJobs, usableCores } from "../../pool/jobs_setting.ts";
import type { JobsSetting } from "../../pool/types.ts";
import type { FilesOption } from "../../hosts/files/files_plan.ts";
import { EachHostJobs } from "../../hosts/each_host_jobs.ts";
import { sentVariables } from "../../hosts/sent_variables.ts";
import type { Bytes } from "../../libc/processes/spawn.ts";
import type { TemplateOptions } from "../../pool/template.ts";
import type { PoolSettings } from "../../pool/settings.ts";
import { bytesOf } from "../../pool/bytes.ts";
import { ownWords } from "../../libc/processes/own_file.ts";
import { VERSION } from "../../version.ts";
import type { BlocksRequest, HostsOption, ItemsRequest, ManyRequest } from "./families.ts";
import { toBytes } from "./request_input.ts";
import type { JobsRunner } from "./run.ts";

const PACKERS = ["zstd", "gzip", "cat"];
const SLOT = bytesOf("{%}");

/** The pool of such a request. @throws ImpError, UsageError */
export async function hostPool(
  request: ItemsRequest | BlocksRequest,
  hosts: HostsOption,
  pool: PoolSettings,
  options: TemplateOptions,
  warn: (text: string) => void,
): Promise<JobsRunner> {
  const entries = hosts.logins.flatMap(parseHosts);
  if (readsStdin(request) && namesStdin(entries, hosts.files)) {
    const hint = "give the items by ::: or -a FILE";
    throw new UsageError("hosts and items cannot both be read from stdin", hint);
  }
  const environment = rawEnvironment();
  const ssh = hosts.ssh ?? callersVariable("PARALLEL_SSH");
  const variables = variablesFor(hosts, environment, warn);
  const settings: HostsSettings = {
    pool,
    list: new HostRoster({ entries, files: hosts.files }, warn),
    approach: {
      ssh: ssh === undefined ? USUAL_SSH : parseSsh(ssh),
      timeout: hosts.timeout,
      version: VERSION,
      images: workerImages(new Map(hosts.images.map(parseImpFile))),
      own: ownWords,
      packers: installedPrograms(PACKERS, environment),
    },
    setup: (spec) => setupFor(request, hosts, variables, spec),
    files: hosts.transfer && await filesOfJobs(hosts.transfer, options),
    mayUse: conditionOf(request),
    namesSlot: namesSlot(request),
    hostsAtOnce: hosts.onEach ? hostsAtOnce(request.jobs) : undefined,
    ...{ retriesLost: hosts.retriesLost, filtered: hosts.filtered },
    ...{ openDelay: hosts.openDelay, warn },
  };
  const names = settings.list.hosts.map(({ name }) => name);
  return {
    jobsOf: (source) => hosts.onEach ? new EachHostJobs(source, names) : source,
    run: (source, ledger, ticker) => new HostPool(settings, source, ledger, ticker),
  };
}

function hostsAtOnce(jobs: JobsSetting): number {
  return jobs.kind === "unlimited" ? Infinity : resolveJobs(jobs, usableCores(), Infinity);
}

function readsStdin(request: ItemsRequest | BlocksRequest): boolean {
  if (request.family === "blocks") return request.file === undefined;
  const { sources } = request.items;
  return sources.length === 0 || sources.some(({ from }) => from === "stdin");
}

function namesStdin(entries: readonly HostEntry[], files: readonly string[]): boolean {
  return [...files, ...entries.map((entry) => entry.kind === "file" ? entry.file : "")]
    .includes("-");
}

function setupFor(
  request: ItemsRequest | BlocksRequest,
  { timeout, transfer, onEach }: HostsOption,
  variables: readonly string[],
  { name, host, cores, way }: HostSpec,
): Omit<WorkerSetup, "credit"> {
  const { jobs, output } = request;
  return {
    ...setupOfJobs(request),
    slots: onEach ? "1" : slotsText(jobs, cores),
    output,
    files: transfer !== undefined,
    env: [...variables, `PARALLEL_SSHLOGIN=${name}`, `PARALLEL_SSHHOST=${host}`],
    heartbeat: way.kind === "local" ? 0 : timeout,
  };
}

/** What a worker is told about jobs, wherever it is. */
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
  environment: readonly Bytes[],
  warn: (text: string) => void,
): readonly string[] {
  const { words, missing } = sentVariables(env, environment);
  for (const name of missing) warn(`--env ${name}: no such variable is exported`);
  return words;
}

// Loaded only where jobs have files.
async function filesOfJobs(
  option: FilesOption,
  options: TemplateOptions,
): Promise<HostsSettings["files"]> {
  const { ClientFiles } = await import("../../hosts/files/client_files.ts");
  const { FilesPlan } = await import("../../hosts/files/files_plan.ts");
  const { directoryFromHome } = await import("../../hosts/files/work_directory.ts");
  const plan = new FilesPlan(option, options, directoryFromHome);
  return { plan, open: () => new ClientFiles() };
}

function conditionOf(
  { maxLoad, minMemory }: ItemsRequest | BlocksRequest,
): HostsSettings["mayUse"] {
  if (maxLoad === Infinity && minMemory === 0) return undefined;
  return ({ load = 0, memory = Infinity }) => load < maxLoad && memory >= minMemory;
}

/** Whether a word tells the slot: only who runs at once has different ones. */
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
