import { UsageError } from "../../base/errors.ts";
import type { JobsSetting } from "../types.ts";
import { RLIMIT_NOFILE, RLIMIT_NPROC } from "../../libc/abi.ts";
import { usableCpus } from "../../libc/processes/affinity.ts";
import { getLimit } from "../../libc/users/limits.ts";
import { readFile, readTextOrNothing } from "../../libc/descriptors/files.ts";
import { ownPid } from "../../libc/processes/process.ts";
import { readCgroup } from "../../procfs/cgroup.ts";
import { Unreadable } from "../../procfs/read.ts";
import { runtime } from "../../runtime/mod.ts";
import type { JobLimit } from "../settings.ts";

/** The default of `-j`: one job per core. */
export const ONE_PER_CORE: JobsSetting = { kind: "percent", percent: 100 };

/**
 * Parses `-j`: `8`, `150%` of the cores, `+2` more or `-1` fewer than them, `0` as many as the machine allows.
 * @throws UsageError
 */
export function parseJobs(text: string): JobsSetting {
  const match = /^([+-]?)(\d+(?:\.\d+)?)(%?)$/.exec(text);
  const amount = match ? Number(match[2]) : NaN;
  if (match && match[3] && !match[1] && amount > 0) return { kind: "percent", percent: amount };
  if (match && !match[3] && Number.isSafeInteger(amount)) {
    if (match[1]) return { kind: "cores plus", extra: match[1] === "-" ? -amount : amount };
    return amount === 0 ? { kind: "unlimited" } : { kind: "number", jobs: amount };
  }
  throw new UsageError(
    `'${text}' is not a number of jobs`,
    "write a number (8), a percentage of the cores (150%), or cores and some more (+2); 0: as many as possible",
  );
}

/** In the form that -j takes. */
export function jobsText(setting: JobsSetting): string {
  switch (setting.kind) {
    case "number":
      return String(setting.jobs);
    case "percent":
      return `${setting.percent}%`;
    case "cores plus":
      return setting.extra < 0 ? String(setting.extra) : `+${setting.extra}`;
    case "unlimited":
      return "0";
  }
}

/**
 * How many jobs run at a time; at least one.
 * @param cores usable by this process (affinity and cgroup), not necessarily whole
 * @param most how many the machine's limits allow
 */
export function resolveJobs(setting: JobsSetting, cores: number, most: number): number {
  return Math.max(1, Math.min(most, Math.floor(wanted(setting, cores))));
}

function wanted(setting: JobsSetting, cores: number): number {
  switch (setting.kind) {
    case "number":
      return setting.jobs;
    case "percent":
      return cores * setting.percent / 100;
    case "cores plus":
      return cores + setting.extra;
    case "unlimited":
      return Infinity;
  }
}

/** A larger number of processes is a mistake. */
const MOST = 100_000;

/** The cores that this process may use: its affinity, and the CPU quotas of its control groups. May be fractional. */
export function usableCores(): number {
  return Math.min(usableCpus(), ...quotas());
}

/** How many jobs this process' limits allow, with two descriptors each. */
export function mostJobs(): number {
  const files = getLimit(RLIMIT_NOFILE).soft;
  return Math.max(1, Math.min(MOST, Math.floor((files - 64) / 2), getLimit(RLIMIT_NPROC).soft));
}

/** cpu.max of cgroup v2, cpu.cfs_quota_us of v1, on every visible level. */
function quotas(): number[] {
  const entries = readCgroup(ownPid());
  if (entries instanceof Unreadable) return [];
  return entries.flatMap(({ hierarchy, controllers, path }) => {
    if (hierarchy === 0) {
      return levels(path).flatMap((level) =>
        ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].map((root) => quotaV2(root + level))
      );
    }
    return controllers.includes("cpu")
      ? levels(path).map((level) => quotaV1(`/sys/fs/cgroup/cpu${level}`))
      : [];
  });
}

/** `/a/b`, `/a`, ``. */
function levels(path: string): string[] {
  const parts = path.split("/").filter(Boolean);
  return [...parts.map((_, i) => `/${parts.slice(0, parts.length - i).join("/")}`), ""];
}

function quotaV2(folder: string): number {
  const [quota, period] = (readTextOrNothing(`${folder}/cpu.max`) ?? "max").trim().split(" ");
  return quota === "max" ? Infinity : Number(quota) / Number(period || 100_000);
}

function quotaV1(folder: string): number {
  const quota = Number(readTextOrNothing(`${folder}/cpu.cfs_quota_us`) ?? -1);
  const period = Number(readTextOrNothing(`${folder}/cpu.cfs_period_us`) ?? 100_000);
  return quota > 0 && period > 0 ? quota / period : Infinity;
}

const LOOK_MS = 1000;
const MOST_SHOWN = 40;

/** A file that contains the setting of `-j`, read every second. */
export class JobsFile {
  private text: string | undefined;
  due = 0;

  /** @throws ImpError or UsageError if it has no number at the beginning */
  constructor(
    private readonly path: string,
    private readonly limit: JobLimit,
    private readonly jobsFrom: (text: string) => number,
  ) {
    const text = new TextDecoder().decode(readFile(path));
    try {
      this.take(text);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      const [first] = text.split("\n");
      const shown = first.length > MOST_SHOWN ? `${first.slice(0, MOST_SHOWN)}…` : first;
      throw new UsageError(`${path}: '${shown}' is not a number of jobs`, error.hint);
    }
  }

  look(): void {
    const now = runtime.now();
    if (now < this.due) return;
    this.due = now + LOOK_MS;
    const text = readTextOrNothing(this.path);
    if (text === undefined || text === this.text) return;
    try {
      this.take(text);
    } catch (error) {
      // It is being written, or temporarily invalid: the last valid number stays in force.
      if (!(error instanceof UsageError)) throw error;
    }
  }

  private take(text: string): void {
    this.limit.value = this.jobsFrom(text.trim());
    this.text = text;
  }
}
