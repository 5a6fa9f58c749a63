import { formatSize } from "../../base/size.ts";
import { readTextOrNothing } from "../../libc/descriptors/files.ts";
import type { KeptState } from "../records/kept_state.ts";

type OomKills = NonNullable<KeptState["oomKills"]>;

const MACHINE = "/proc/vmstat";

/**
 * How many processes the out-of-memory killer has ended so far: of the daemon's control group or of this process' where the kernel
 * counts that, else of the machine. Undefined where none is told.
 */
export function oomKillsNow(own: string | undefined): OomKills | undefined {
  const counted = own === undefined ? undefined : countIn(`${own}/memory.events`);
  if (counted) return counted;
  // Where the groups are mounted elsewhere, the counter of the machine has to do.
  const path = /^0::(\/.*)$/m.exec(readTextOrNothing("/proc/self/cgroup") ?? "")?.[1];
  const group = `/sys/fs/cgroup${path === "/" ? "" : path}/memory.events`;
  return path === undefined ? countIn(MACHINE) : countIn(group) ?? countIn(MACHINE);
}

/**
 * Who has killed a program, as far as counters tell.
 * @param before when its run began
 * @param limit of its control group, in bytes
 */
export function oomKiller(before: OomKills | undefined, limit?: number): string | undefined {
  const now = before && countIn(before.source);
  if (!now || now.count <= before.count) return undefined;
  return before.source === MACHINE
    ? "out-of-memory killer, as the counter of the machine lets suppose"
    : limit !== undefined && (now.atLimit ?? 0) > (before.atLimit ?? 0)
    ? `out-of-memory killer of its limit ${formatSize(limit)}`
    : "out-of-memory killer";
}

function countIn(source: string): OomKills | undefined {
  const text = readTextOrNothing(source) ?? "";
  const count = /^oom_kill (\d+)$/m.exec(text)?.[1];
  if (count === undefined) return undefined;
  const atLimit = /^oom (\d+)$/m.exec(text)?.[1];
  return { source, count: Number(count), ...atLimit ? { atLimit: Number(atLimit) } : {} };
}
