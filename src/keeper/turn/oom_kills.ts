import { formatSize } from "../../base/size.ts";
import { readTextOrNothing } from "../../libc/descriptors/files.ts";
import type { KeptState } from "../records/kept_state.ts";

type OomKills = NonNullable<KeptState["oomKills"]>;

const MACHINE = "/proc/vmstat";

/**
 * How many processes the out-of-memory killer has killed so far: in the daemon's control group if the kernel counts
 * that, else in this process' own one, or on the machine. Undefined if unknown.
 */
export function oomKillsNow(own: string | undefined): OomKills | undefined {
  return ownOomKills(own) ?? surroundingOomKills();
}

/** In a daemon's control group, without groups that its program has made below it. */
export function ownOomKills(group: string | undefined): OomKills | undefined {
  const counted = group === undefined ? undefined : countInGroup(group);
  return counted && { ...counted, own: true };
}

function surroundingOomKills(): OomKills | undefined {
  // If the groups are mounted elsewhere, the machine's counter must do.
  const path = /^0::(\/.*)$/m.exec(readTextOrNothing("/proc/self/cgroup") ?? "")?.[1];
  const counted = path && countInGroup(`/sys/fs/cgroup${path === "/" ? "" : path}`);
  return counted || countIn(MACHINE);
}

/**
 * Who killed a program, as far as counters tell. A counter that includes other processes allows only a guess.
 * @param before when its run began
 * @param limit of its control group, in bytes
 */
export function oomKiller(before: OomKills | undefined, limit?: number): string | undefined {
  const now = before && countIn(before.source);
  if (!now || now.count <= before.count) return undefined;
  if (!before.own) {
    const whose = before.source === MACHINE ? "the machine" : groupOf(before.source);
    return `out-of-memory killer, as the counter of ${whose} lets suppose`;
  }
  return limit !== undefined && (now.atLimit ?? 0) > (before.atLimit ?? 0)
    ? `out-of-memory killer of its limit ${formatSize(limit)}`
    : "out-of-memory killer";
}

function groupOf(source: string): string {
  return source.slice(0, source.lastIndexOf("/"));
}

/** Linux before 5.2 only counts a group with everything below it. */
function countInGroup(group: string): OomKills | undefined {
  return countIn(`${group}/memory.events.local`) ?? countIn(`${group}/memory.events`);
}

function countIn(source: string): OomKills | undefined {
  const text = readTextOrNothing(source) ?? "";
  const count = /^oom_kill (\d+)$/m.exec(text)?.[1];
  if (count === undefined) return undefined;
  const atLimit = /^oom (\d+)$/m.exec(text)?.[1];
  return { source, count: Number(count), ...atLimit ? { atLimit: Number(atLimit) } : {} };
}
