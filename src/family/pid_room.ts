import { dirname } from "@std/path/dirname";
import { readMainCgroup } from "../procfs/cgroup.ts";
import { readNumber } from "../procfs/machine.ts";
import type { Family } from "./family.ts";

/** How many processes and threads are possible. */
export interface PidRoom {
  /** Processes and threads that /proc shows, zombies included. */
  readonly used: number;
  /** kernel.pid_max or kernel.threads-max, whichever is smaller; null if neither can be read. */
  readonly max: number | null;
  /** The limit of imp's own control group, pids.max of cgroup v2; null without a limit. */
  readonly group: { readonly path: string; readonly used: number; readonly max: number } | null;
}

export function readPidRoom(family: Family): PidRoom {
  let used = 0;
  for (const one of family.all.values()) used += Math.max(1, one.threads);
  const limits = ["/proc/sys/kernel/pid_max", "/proc/sys/kernel/threads-max"].map(readNumber);
  const known = limits.filter((limit) => limit !== undefined);
  return { used, max: known.length ? Math.min(...known) : null, group: readGroupRoom() };
}

/** The tightest limit among the control group and those above it. */
function readGroupRoom(): PidRoom["group"] {
  const path = readMainCgroup("self");
  let tightest: PidRoom["group"] = null;
  for (let at = path ?? "/"; at !== "/"; at = dirname(at)) {
    const max = readNumber(`/sys/fs/cgroup${at}/pids.max`);
    const used = readNumber(`/sys/fs/cgroup${at}/pids.current`);
    if (max === undefined || used === undefined) continue;
    if (!tightest || max - used < tightest.max - tightest.used) tightest = { path: at, used, max };
  }
  return tightest;
}
