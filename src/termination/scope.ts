import type { ProcStat } from "../procfs/stat.ts";

/** What of a process decides to which tree it belongs. */
export type Kin = Pick<ProcStat, "pid" | "ppid" | "pgid" | "sid" | "state" | "startTicks" | "comm">;

/**
 * Which processes make up a tree: the descendants of some processes, and all members of some groups and sessions with
 * their descendants. With a subreaper as ancestor nothing leaves it; without one, an orphan stays a member only by its
 * group or session.
 */
export interface Scope {
  /** Processes whose descendants belong to the tree; they themselves do not. */
  readonly below?: readonly number[];
  /** Processes that belong to the tree with their descendants. */
  readonly roots?: readonly number[];
  /** Start times of roots that are not our children, so that their PIDs may go to others: such a one is no member. */
  readonly starts?: ReadonlyMap<number, number>;
  readonly groups?: readonly number[];
  readonly sessions?: readonly number[];
  /** Processes that do not belong to it, with their descendants, whatever the rest says. */
  readonly except?: readonly number[];
}

/**
 * The processes of a tree, parents before their children. Zombies are left out: they have ended.
 * @param self never a member, whatever the scope says
 */
export function membersOf(
  { below = [], roots = [], starts, groups = [], sessions = [], except = [] }: Scope,
  processes: ReadonlyMap<number, Kin>,
  self: number,
): Kin[] {
  const children = childrenByParent(processes);
  const members = new Map<number, Kin>();
  const strangers = familiesOf(except, children);
  const waiting: Kin[] = [
    ...below.flatMap((pid) => children.get(pid) ?? []),
    ...[...processes.values()].filter(({ pid, pgid, sid, startTicks }) =>
      (roots.includes(pid) && (starts?.get(pid) ?? startTicks) === startTicks) ||
      groups.includes(pgid) || sessions.includes(sid)
    ),
  ];
  // It grows while it is walked. A snapshot is no instant, so a PID may even seem to be its own ancestor.
  for (const kin of waiting) {
    if (kin.pid === self || strangers.has(kin.pid) || members.has(kin.pid)) continue;
    members.set(kin.pid, kin);
    waiting.push(...children.get(kin.pid) ?? []);
  }
  return [...members.values()].filter(({ state }) => state !== "Z" && state !== "X");
}

/** One kill(2) call. */
export type Target =
  | { readonly group: number; readonly members: readonly Kin[] }
  | { readonly process: Kin };

/**
 * How to reach every member exactly once. A group that consists of members only is signalled as a whole, because that
 * is the one way that is atomic: no member can fork a child that is missed (kill(2) and fork(2) exclude each other).
 * @param ownGroup is never signalled as a whole: the caller is in it
 */
export function targetsFor(
  members: readonly Kin[],
  processes: ReadonlyMap<number, Kin>,
  ownGroup: number,
): Target[] {
  const chosen = new Set(members.map(({ pid }) => pid));
  const mixed = new Set([ownGroup]);
  for (const { pid, pgid, state } of processes.values()) {
    if (!chosen.has(pid) && state !== "Z" && state !== "X") mixed.add(pgid);
  }
  const groups = new Map<number, Kin[]>();
  const targets: Target[] = [];
  for (const kin of members) {
    if (mixed.has(kin.pgid)) targets.push({ process: kin });
    else if (groups.has(kin.pgid)) groups.get(kin.pgid)!.push(kin);
    else {
      const group = [kin];
      groups.set(kin.pgid, group);
      targets.push({ group: kin.pgid, members: group });
    }
  }
  return targets;
}

/** Processes with their descendants. */
function familiesOf(
  heads: readonly number[],
  children: ReadonlyMap<number, readonly Kin[]>,
): ReadonlySet<number> {
  const family = new Set(heads);
  // It grows while it is walked.
  for (const pid of family) for (const child of children.get(pid) ?? []) family.add(child.pid);
  return family;
}

function childrenByParent(processes: ReadonlyMap<number, Kin>): Map<number, Kin[]> {
  const children = new Map<number, Kin[]>();
  for (const kin of processes.values()) {
    const siblings = children.get(kin.ppid);
    if (siblings) siblings.push(kin);
    else children.set(kin.ppid, [kin]);
  }
  return children;
}
