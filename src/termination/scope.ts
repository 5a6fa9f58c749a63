import { isZombie, type ProcStat } from "../procfs/stat.ts";
import type { ProcessIdentity } from "./identity.ts";

/** What decides which tree a process belongs to. */
export type Kin = Pick<
  ProcStat,
  "pid" | "ppid" | "pgid" | "sid" | "state" | "threads" | "startTicks" | "comm"
>;

/** The result of a look at /proc, by PID. */
export type Look = ReadonlyMap<number, Kin>;

/**
 * Which processes make up a tree: the descendants of some processes, and all members of some groups and sessions with
 * their descendants. With a subreaper as ancestor nothing leaves the tree; without one, an orphan remains a member only
 * by its group or session.
 */
export interface Scope {
  /**
   * Processes whose descendants belong to the tree, but not they themselves. They are this process, or children not yet
   * reaped.
   */
  readonly below?: readonly number[];
  /** Processes that belong to the tree with their descendants. */
  readonly roots?: readonly ProcessIdentity[];
  /** Processes that belong to the tree without their descendants. */
  readonly single?: readonly ProcessIdentity[];
  readonly groups?: readonly number[];
  readonly sessions?: readonly number[];
  /**
   * Processes that do not belong to it, nor do their descendants, whatever the rest says. Same condition as for
   * `below`.
   */
  readonly except?: readonly number[];
  /** A control group that contains only members: the kernel kills all of it at once. */
  readonly cgroup?: string;
  /**
   * A target of kill(2) for all of them, if they cannot be seen or need not be: -1, or a process group as a negative
   * number. The rest is ignored then, and only waiting for children shows when nobody is left.
   */
  readonly unseen?: number;
}

/**
 * A program that was started as leader of a session, and all that has stayed in that.
 * @param leader if it was seen; its PID is the session's number
 */
export function sessionLedBy(pid: number, leader?: ProcessIdentity): Scope {
  return { roots: leader ? [leader] : [], sessions: [pid] };
}

/** Who belongs to a tree: fixed, or computed at each look at /proc. */
export type Belonging = Scope | ((processes: Look) => Scope);

/**
 * The processes of a tree, parents before their children. Zombies are left out: they have ended.
 * @param self never a member, whatever the scope says
 */
export function membersOf(
  { below = [], roots = [], single = [], groups = [], sessions = [], except = [] }: Scope,
  processes: Look,
  self: number,
): Kin[] {
  const children = childrenByParent(processes);
  const members = new Map<number, Kin>();
  const strangers = familiesOf(except, children);
  const isRoot = finderOf(roots);
  const isSingle = finderOf(single);
  const waiting: Kin[] = [
    ...below.flatMap((pid) => children.get(pid) ?? []),
    ...[...processes.values()].filter((kin) =>
      isRoot(kin) || groups.includes(kin.pgid) || sessions.includes(kin.sid)
    ),
  ];
  // Grows during the loop. A look is not one moment, so a PID may even seem to be its own ancestor.
  for (const kin of waiting) {
    if (kin.pid === self || strangers.has(kin.pid) || members.has(kin.pid)) continue;
    members.set(kin.pid, kin);
    waiting.push(...children.get(kin.pid) ?? []);
  }
  for (const { pid } of single) {
    const kin = processes.get(pid);
    if (kin && isSingle(kin) && pid !== self && !strangers.has(pid)) members.set(pid, kin);
  }
  return [...members.values()].filter((kin) => !isZombie(kin));
}

function finderOf(processes: readonly ProcessIdentity[]): (one: ProcessIdentity) => boolean {
  const starts = new Map(processes.map(({ pid, startTicks }) => [pid, startTicks]));
  return ({ pid, startTicks }) => starts.get(pid) === startTicks;
}

/** Processes with their descendants. */
function familiesOf(
  heads: readonly number[],
  children: ReadonlyMap<number, readonly Kin[]>,
): ReadonlySet<number> {
  const family = new Set(heads);
  // Grows during the loop.
  for (const pid of family) for (const child of children.get(pid) ?? []) family.add(child.pid);
  return family;
}

function childrenByParent(processes: Look): Map<number, Kin[]> {
  const children = new Map<number, Kin[]>();
  for (const kin of processes.values()) {
    const siblings = children.get(kin.ppid);
    if (siblings) siblings.push(kin);
    else children.set(kin.ppid, [kin]);
  }
  return children;
}
