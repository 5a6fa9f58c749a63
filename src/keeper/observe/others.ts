// The processes of daemons other than their programs: descendants, and orphans that their keepers have adopted.
import { libc } from "../../libc/calling/load.ts";
import { readTexts } from "../../libc/descriptors/many_files.ts";
import { listNumbers } from "../../libc/descriptors/stat.ts";
import { mostProcesses } from "../../procfs/processes.ts";
import { parseStatInBrief } from "../../procfs/stat.ts";
import { readChildren } from "../../procfs/usage.ts";

/** A program that leads its own session, and the keeper whose child it is. */
export interface KeptPair {
  readonly program: number;
  readonly keeper: number;
  readonly guard: number;
}

/** With more processes on the machine per daemon, reading children is cheaper than listing /proc. */
const MOST_LISTED = 6;
/** Likewise with more unrelated sessions per daemon: each one costs a look at its leader. */
const MOST_STRANGERS = 0.5;

const c = libc("getsid");
const NOBODY: readonly number[] = [];

/** The other processes of each daemon, by program, zombies included. A daemon without any is not in the map. */
export function othersOf(pairs: readonly KeptPair[]): ReadonlyMap<number, readonly number[]> {
  const isListed = mostProcesses() <= MOST_LISTED * pairs.length;
  return (isListed ? byListing(pairs) : undefined) ?? byWalking(pairs);
}

/**
 * Lists /proc once. Sessions are inherited: every process in a program's session descends from it. For other sessions,
 * the leader's parent decides.
 * @returns undefined if there are too many other sessions
 */
function byListing(pairs: readonly KeptPair[]): Map<number, number[]> | undefined {
  const pids = listNumbers("/proc");
  if (typeof pids === "string") return undefined;
  /** Programs by session. 0 for the sessions of waiters: their turns run there. */
  const sessions = new Map<number, number>();
  const adopters = new Map<number, number>();
  for (const { program, keeper, guard } of pairs) {
    sessions.set(program, program).set(keeper, 0).set(guard, 0);
    adopters.set(keeper, program);
  }
  const others = new Map<number, number[]>();
  const strangers = new Map<number, number[]>();
  for (const pid of pids) {
    if (sessions.has(pid)) continue;
    const sid = c.getsid(pid);
    // A kernel thread, or it has ended.
    if (sid <= 0) continue;
    const owner = sessions.get(sid);
    if (owner === undefined) add(strangers, sid, pid);
    else if (owner > 0) add(others, owner, pid);
  }
  if (strangers.size > MOST_STRANGERS * pairs.length) return undefined;
  const parents = parentsOf([...strangers.keys()]);
  const ownerOf = (sid: number, pid: number): number => {
    const parent = parents.get(sid) ?? parentsOf([pid]).get(pid) ?? 0;
    if (parent <= 1) return 0;
    const near = adopters.get(parent) ?? sessions.get(parent);
    if (near !== undefined) return near;
    const above = c.getsid(parent);
    return above <= 0 || above === sid ? 0 : sessions.get(above) ?? ownerOf(above, parent);
  };
  for (const [sid, members] of strangers) {
    for (const pid of members) {
      const owner = ownerOf(sid, pid);
      if (owner > 0) add(others, owner, pid);
    }
  }
  return others;
}

/** Ended processes are left out. */
function parentsOf(pids: readonly number[]): Map<number, number> {
  const parents = new Map<number, number>();
  readTexts("/proc", pids.map((pid) => `${pid}/stat`)).forEach((line, i) => {
    if (typeof line === "string") parents.set(pids[i], parseStatInBrief(line).ppid);
  });
  return parents;
}

function byWalking(pairs: readonly KeptPair[]): Map<number, number[]> {
  const others = new Map<number, number[]>();
  for (const { program, keeper } of pairs) {
    const below = readChildren(program) ?? NOBODY;
    // Turns of imp stay in their keeper's session.
    const adopted = (readChildren(keeper, true) ?? NOBODY).filter((pid) =>
      pid !== program && c.getsid(pid) !== keeper
    );
    if (below.length + adopted.length === 0) continue;
    const found = new Set([...below, ...adopted]);
    // Grows during the loop.
    for (const pid of found) for (const child of readChildren(pid) ?? NOBODY) found.add(child);
    others.set(program, [...found]);
  }
  return others;
}

function add(lists: Map<number, number[]>, key: number, pid: number): void {
  const known = lists.get(key);
  if (known) known.push(pid);
  else lists.set(key, [pid]);
}
