import { RLIMIT_NOFILE, RLIMIT_NPROC } from "../libc/abi.ts";
import { usableCpus } from "../libc/processes/affinity.ts";
import { getLimit } from "../libc/users/limits.ts";
import { readTextOrNothing } from "../libc/descriptors/files.ts";
import { ownPid } from "../libc/processes/process.ts";
import { readCgroup } from "../procfs/cgroup.ts";
import { Unreadable } from "../procfs/read.ts";

/** Beyond this a number of processes is an accident. */
const MOST = 100_000;

/** The cores that this process may use: its affinity, and the CPU quotas of its control groups. May be no whole number. */
export function usableCores(): number {
  return Math.min(usableCpus(), ...quotas());
}

/** How many jobs the limits of this process allow, with two descriptors each. */
export function mostJobs(): number {
  const files = getLimit(RLIMIT_NOFILE).soft;
  return Math.max(1, Math.min(MOST, Math.floor((files - 64) / 2), getLimit(RLIMIT_NPROC).soft));
}

/** cpu.max of cgroup v2, cpu.cfs_quota_us of v1, on every level up to the root that we see. */
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
