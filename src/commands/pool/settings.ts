import { warn } from "../../cli/output.ts";
import { readTextOrNothing } from "../../libc/descriptors/files.ts";
import { bytesOf, concat } from "../../pool/bytes.ts";
import { mostJobs, usableCores } from "../../pool/cores.ts";
import { resolveJobs } from "../../pool/jobs_setting.ts";
import type { PoolSettings } from "../../pool/settings.ts";
import { textOf } from "../../pool/template.ts";
import type { Job, JobsSetting } from "../../pool/types.ts";
import type { ItemsRequest, ManyRequest, ProgramsRequest } from "./families.ts";

const TAB = bytesOf("\t");
const NEWLINE = bytesOf("\n");

/** What programs of every family have in common. @throws ImpError where imp has no terminal that --tty could give */
export async function programSettings(
  { retry, timeout, termSteps, noChildren, tty }: ProgramsRequest,
): Promise<
  Pick<PoolSettings, "retry" | "timeout" | "termSteps" | "noChildren" | "terminal">
> {
  return {
    ...{ retry, timeout, termSteps },
    noChildren: noChildren ? await spawnerWithoutChildren() : undefined,
    terminal: tty ? await terminalOfJobs() : undefined,
  };
}

// Loaded only where it is asked for.
async function spawnerWithoutChildren() {
  const { NoChildrenSpawner } = await import("../../pool/no_children_spawner.ts");
  return new NoChildrenSpawner();
}

async function terminalOfJobs() {
  const { JobTerminal } = await import("../../pool/job_terminal.ts");
  return new JobTerminal();
}

/** What every pool has in common that does many jobs. */
export async function manySettings(request: ManyRequest) {
  const { halt, delay, inOrder, json } = request;
  return {
    ...await programSettings(request),
    jobLimit: { value: jobsAtOnce(request.jobs) },
    mayStart: conditions(request),
    ...{ halt, delay, inOrder, silent: json },
  };
}

/** How a job gets its items. */
export function itemSettings(
  { by, command: { template } }: ItemsRequest,
): Pick<PoolSettings, "argv" | "stdin"> {
  if (by === "arguments") {
    return { argv: (job, slot) => template.words(job.items, job.seq, slot) };
  }
  return {
    argv: (job, slot) => template.render([], job.seq, slot),
    stdin: (job) => concat([textOf(job), NEWLINE]),
  };
}

/** How many jobs `-j` asks for on this machine. */
export function jobsAtOnce(setting: JobsSetting): number {
  const jobs = resolveJobs(setting, usableCores(), mostJobs());
  if (setting.kind === "number" && jobs < setting.jobs) {
    const why = "the limits allow no more (ulimit -n, ulimit -u)";
    warn(`imp pool: -j ${setting.jobs}: only ${jobs} at once, ${why}`);
  }
  return jobs;
}

/** Says of each line which items it is about. */
export function itemTag(job: Job): Uint8Array {
  return concat([textOf(job), TAB]);
}

/** What has to hold before a job is started. */
function conditions({ maxLoad, minMemory }: ManyRequest): PoolSettings["mayStart"] {
  if (maxLoad === Infinity && minMemory === 0) return undefined;
  return () => currentLoad() < maxLoad && availableMemory() >= minMemory;
}

function currentLoad(): number {
  return Number((readTextOrNothing("/proc/loadavg") ?? "0").split(" ")[0]);
}

function availableMemory(): number {
  const text = readTextOrNothing("/proc/meminfo") ?? "";
  const match = /^MemAvailable:\s*(\d+) kB/m.exec(text);
  return match ? Number(match[1]) * 1024 : Infinity;
}
