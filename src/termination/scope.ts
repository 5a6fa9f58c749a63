import { isZombie, type ProcStat } from "../procfs/stat.ts";
import type { ProcessIdentity } from "./identity.ts";

/** What of a process decides to which tree it belongs. */
export type Kin = Pick<
  ProcStat,
  "pid" | "ppid" | "pgid" | "sid" | "state" | "threads" | "startTicks" | "comm"
>;

/** What a look at /proc has shown, by PID. */
export type Look = ReadonlyMap<number, Kin>;

/**
 * Which processes make up a tree: the descendants of some processes, and all members of some groups and sessions with
 * their descendants. With a subreaper as ancestor nothing leaves it; without one, an orphan stays a member only by its
 * group or session.
 */
export interface Scope {
  /** Processes whose descendants belong to the tree; they themselves do not. They are we, or children not reaped yet. */
  readonly below?: readonly number[];
  /** Processes that belong to the tree with their descendants. */
  readonly roots?: readonly ProcessIdentity[];
  /** Processes that belong to the tree without their descendants. */
  readonly single?: readonly ProcessIdentity[];
  readonly groups?: readonly number[];
  readonly sessions?: readonly number[];
  /** Processes that do not belong to it, with their descendants, whatever the rest says. Whose they are: as of `below`. */
  readonly except?: readonly number[];
  /** A control group in which nobody but members is: the kernel kills all of it at one stroke. */
  readonly cgroup?: string;
  /**
   * A target of kill(2) that stands for everybody, where they cannot be seen or need not be: -1, or a process group as its
   * negative number. The rest counts for nothing then, and only who waits for children learns when nobody is left.
   */
  readonly unseen?: number;
}

/** Who belongs to a tree: always the same, or what each look at /proc tells. */
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
  // It grows while it is walked. A snapshot is no instant, so a PID may even seem to be its own ancestor.
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
  // It grows while it is walked.
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
