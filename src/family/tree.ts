import { isKernelThread } from "../inspect/role.ts";
import type { ProcStat } from "../procfs/stat.ts";
import type { Family } from "./family.ts";

/** One process in its place. */
export interface TreeRow {
  readonly stat: ProcStat;
  readonly depth: number;
  /** For each generation from the outermost: whether more siblings follow there. The last is its own. */
  readonly follows: readonly boolean[];
}

/** One session with its groups; a group's processes are in order of descent. */
export interface SessionRows {
  readonly sid: number;
  /** Undefined if it has ended, or is outside our PID namespace. */
  readonly leader?: ProcStat;
  readonly groups: readonly GroupRows[];
}

export interface GroupRows {
  readonly pgid: number;
  readonly leader?: ProcStat;
  readonly rows: readonly TreeRow[];
}

/** Beyond this depth, `follows` is not recorded: nobody could see it, and a chain of 30,000 would fill the memory. */
export const MAX_FOLLOWS = 64;

/** The process with its ancestors, outermost first, and all its descendants. */
export function treeAround(family: Family, pid: number): TreeRow[] {
  const above = family.ancestors(pid).reverse();
  const straight = (generations: number) =>
    Array<boolean>(Math.min(generations, MAX_FOLLOWS)).fill(false);
  return [
    ...above.map((stat, depth): TreeRow => ({ stat, depth, follows: straight(depth) })),
    ...treeBelow(family, pid).map(({ stat, depth, follows }): TreeRow => ({
      stat,
      depth: depth + above.length,
      follows: [...straight(above.length), ...follows].slice(0, MAX_FOLLOWS),
    })),
  ];
}

/** The process and all its descendants. */
export function treeBelow(family: Family, pid: number): TreeRow[] {
  const top = family.get(pid);
  return top ? walk([top], (one) => family.children(one.pid)) : [];
}

/**
 * All processes.
 * @param kernel whether to include kernel threads
 */
export function wholeTree(family: Family, kernel: boolean): TreeRow[] {
  const shown = (list: readonly ProcStat[]) =>
    kernel ? list : list.filter((one) => !isKernelThread(one));
  const all = [...family.all.values()];
  const below = (one: ProcStat) => shown(family.children(one.pid));
  const rows = walk(shown(all.filter((one) => !family.get(one.ppid))), below);
  // Readings at different times can make two processes each other's ancestors; neither may be missing for that.
  const seen = new Set(rows.map(({ stat }) => stat.pid));
  for (const one of shown(all)) {
    if (seen.has(one.pid)) continue;
    for (const row of walk([one], (parent) => below(parent).filter(({ pid }) => !seen.has(pid)))) {
      seen.add(row.stat.pid);
      rows.push(row);
    }
  }
  return rows;
}

/**
 * One user's processes and everything below them, whosever that is.
 * @param isOwn whether a process is that user's
 */
export function treesOf(family: Family, isOwn: (one: ProcStat) => boolean): TreeRow[] {
  const own = [...family.all.values()].filter(isOwn);
  const pids = new Set(own.map(({ pid }) => pid));
  const tops = own.filter(({ pid }) => !family.ancestors(pid).some((one) => pids.has(one.pid)));
  return walk(tops, (one) => family.children(one.pid));
}

/** Sessions in order, each with its groups and their processes. */
export function sessionRows(family: Family, sids: readonly number[]): SessionRows[] {
  return sids.map((sid) => {
    const members = family.session(sid).filter((one) => !isKernelThread(one));
    const pgids = [...new Set(members.map(({ pgid }) => pgid))].sort((a, b) => a - b);
    const groups = pgids.map((pgid) => {
      const mates = members.filter((one) => one.pgid === pgid);
      const pids = new Set(mates.map(({ pid }) => pid));
      const tops = mates.filter(({ ppid }) => !pids.has(ppid));
      const below = (one: ProcStat) => family.children(one.pid).filter(({ pid }) => pids.has(pid));
      return { pgid, leader: family.groupLeader(pgid), rows: walk(tops, below) };
    });
    return { sid, leader: family.sessionLeader(sid), groups };
  }).filter(({ groups }) => groups.length > 0);
}

/** Parents before children, without recursion: a chain may be longer than the stack. */
function walk(
  tops: readonly ProcStat[],
  below: (one: ProcStat) => readonly ProcStat[],
): TreeRow[] {
  const rows: TreeRow[] = [];
  const seen = new Set<number>();
  const waiting: TreeRow[] = [];
  const queue = (list: readonly ProcStat[], depth: number, above: readonly boolean[]) => {
    for (let i = list.length - 1; i >= 0; i--) {
      const follows = depth === 0 || above.length >= MAX_FOLLOWS
        ? above
        : [...above, i < list.length - 1];
      waiting.push({ stat: list[i], depth, follows });
    }
  };
  queue(tops, 0, []);
  for (let row = waiting.pop(); row; row = waiting.pop()) {
    if (seen.has(row.stat.pid)) continue;
    seen.add(row.stat.pid);
    rows.push(row);
    queue(below(row.stat), row.depth + 1, row.follows);
  }
  return rows;
}
