import { ownPid } from "../../libc/processes/process.ts";
import { cgroupMembers } from "../../termination/cgroup.ts";
import { FollowedTree } from "../../termination/tagged_tree.ts";
import type { ProcessIdentity } from "../../termination/identity.ts";
import { type Kin, type Look, membersOf, type Scope } from "../../termination/scope.ts";
import { readKeeperPage } from "../waiter/keeper_page.ts";
import { GUARD_COMM, isLogWatch, isOthersWaiter, KEEPER_COMM } from "./kept_marks.ts";
import type { KeptTags, TaggedProcesses } from "./kept_tags.ts";
import { runningChildrenOf } from "./running_children.ts";
import type { ObservedDaemon } from "../observe/observed.ts";
import type { KeptState } from "../records/kept_state.ts";

/** Whose tree is being searched. */
export type TreeOwner = Pick<ObservedDaemon, "directory" | "program" | "guard" | "keeper"> & {
  readonly state?: Pick<KeptState, "cgroup">;
};

/**
 * Which processes belong to a kept daemon: its program, everything below its keeper or guard except turns, and all
 * processes in its control group or with its tag, wherever they hide. Kept daemons started from within it have their
 * own keepers, and do not belong to it.
 */
export class KeptTree {
  private readonly followed: FollowedTree;
  /** PIDs; a waiter once seen stays one, for it may be replaced meanwhile. */
  private readonly waiters = new Map<number, number>();
  /** The same for all that ever existed: what a waiter that has just left has started is still in its session. */
  private readonly leaders = new Map<number, number>();

  constructor(private readonly owner: TreeOwner, private readonly tags: Pick<KeptTags, "in">) {
    for (const one of [owner.guard, owner.keeper]) {
      if (one) this.note(one.pid, one.startTicks);
    }
    this.followed = new FollowedTree((look) => this.find(look));
  }

  /** An earlier look at the same daemon has seen members that may have lost their parents since. */
  follow(earlier: KeptTree): void {
    this.followed.follow(earlier.followed);
    for (const [pid, startTicks] of earlier.leaders) this.leaders.set(pid, startTicks);
  }

  readonly scope = (processes: Look): Scope => this.followed.scope(processes);

  /** Its running waiters. */
  living(processes: Look): Kin[] {
    this.noteWaiters(processes);
    return [...this.waiters].flatMap(([pid, startTicks]) => {
      const kin = processes.get(pid);
      return kin?.startTicks === startTicks && kin.state !== "Z" && kin.state !== "X" ? kin : [];
    });
  }

  /** Its processes, without zombies. @param self imp itself, if it may be one of them */
  members(processes: Look, self = ownPid()): Kin[] {
    const members = membersOf(this.scope(processes), processes, self);
    return members.length > 0 ? members : this.hidden(processes);
  }

  /**
   * Who is below its waiters at this moment. A look at all processes takes time: of those that fork and end all the
   * time it may show none.
   */
  hidden(processes: Look): Kin[] {
    const waiters = this.living(processes).map(({ pid }) => pid);
    const turns = waiters.flatMap((pid) => readKeeperPage(pid)?.turn || []);
    const except = new Set([...waiters, ...turns, ownPid()]);
    return runningChildrenOf(
      waiters,
      (kin) =>
        !except.has(kin.pid) && !this.isOwnSession(kin, processes) && !isLogWatch(kin) &&
        !isOthersWaiter(kin),
    );
  }

  /** Whether imp was called from within it, and would end with it. */
  hasUs(processes: Look): boolean {
    return this.members(processes, 0).some(({ pid }) => pid === ownPid());
  }

  private find(processes: Look): Scope {
    const { directory, program } = this.owner;
    const living = this.living(processes);
    const tagged = this.tags.in(processes);
    const turns = new Set(living.flatMap(({ pid }) => readKeeperPage(pid)?.turn || []));
    const below: ProcessIdentity[] = [];
    const heads = new Set(living.map(({ pid }) => pid));
    for (const kin of processes.values()) {
      if (!heads.has(kin.ppid) || turns.has(kin.pid)) continue;
      // Turns, and the process that watches logs, stay in a waiter's session; programs have their own.
      if (this.isOwnSession(kin, processes) || isLogWatch(kin)) continue;
      if (!heads.has(kin.pid)) below.push(kin);
    }
    const group = this.inGroup(processes, tagged, turns);
    const members = tagged.members.get(directory) ?? [];
    return {
      roots: [...program ? [program] : [], ...below, ...members, ...group.members],
      except: [...tagged.nested.get(directory) ?? [], ...group.strangers],
      cgroup: group.isWhole ? this.owner.state?.cgroup : undefined,
    };
  }

  /**
   * The members of its control group. Waiters of daemons started from within it are strangers; its own are there too if
   * they were started from within the group.
   */
  private inGroup(
    processes: Look,
    { directories }: TaggedProcesses,
    turns: ReadonlySet<number>,
  ): { members: Kin[]; strangers: number[]; isWhole: boolean } {
    const { directory, state } = this.owner;
    if (state?.cgroup === undefined) return { members: [], strangers: [], isWhole: false };
    const all = cgroupMembers(state.cgroup).flatMap((pid) => processes.get(pid) ?? []);
    const isWaiter = ({ comm }: Kin) => comm === KEEPER_COMM || comm === GUARD_COMM;
    const isOurs = ({ pid }: Kin) => (directories.get(pid) ?? directory) === directory;
    const sessions = new Set(all.filter(isWaiter).map(({ sid }) => sid));
    const members = all.filter((kin) =>
      isOurs(kin) && !isWaiter(kin) && !sessions.has(kin.sid) && !turns.has(kin.pid)
    );
    return {
      members,
      strangers: all.filter((kin) => isWaiter(kin) && !isOurs(kin)).map(({ pid }) => pid),
      isWhole: members.length > 0 && members.length === all.length &&
        !members.some(({ pid }) => pid === ownPid()),
    };
  }

  /** Waiters lead sessions. A leader's PID is not reused while its session exists. */
  private isOwnSession({ sid }: Kin, processes: Look): boolean {
    const startTicks = this.leaders.get(sid);
    if (startTicks === undefined) return false;
    return (processes.get(sid)?.startTicks ?? startTicks) === startTicks;
  }

  private note(pid: number, startTicks: number): void {
    this.waiters.set(pid, startTicks);
    this.leaders.set(pid, startTicks);
  }

  /** The page shows a keeper that has replaced another one. */
  private noteWaiters(processes: Look): void {
    for (const pid of [...this.waiters.keys()]) {
      const kin = processes.get(pid);
      if (kin?.startTicks !== this.waiters.get(pid)) {
        this.waiters.delete(pid);
        continue;
      }
      const page = readKeeperPage(pid);
      for (const other of page ? [page.guard, page.keeper] : []) {
        const now = processes.get(other);
        if (now && !this.waiters.has(other)) this.note(other, now.startTicks);
      }
    }
  }
}
