import { ownPid } from "../../libc/processes/process.ts";
import { cgroupMembers } from "../../termination/cgroup.ts";
import { FollowedTree } from "../../termination/tagged_tree.ts";
import type { ProcessIdentity } from "../../termination/identity.ts";
import { type Kin, type Look, membersOf, type Scope } from "../../termination/scope.ts";
import { readKeeperPage } from "../waiter/keeper_page.ts";
import { GUARD_COMM, isLogWatch, KEEPER_COMM } from "./kept_marks.ts";
import type { KeptTags, TaggedProcesses } from "./kept_tags.ts";
import type { ObservedDaemon } from "../observe/observed.ts";
import type { KeptState } from "../records/kept_state.ts";

/** Of whose tree is looked for. */
export type TreeOwner = Pick<ObservedDaemon, "directory" | "program" | "guard" | "keeper"> & {
  readonly state?: Pick<KeptState, "cgroup">;
};

/**
 * Who belongs to a kept daemon: its program, whatever is below its keeper or its guard but the turns of imp, and whoever is in its
 * control group or carries its tag, wherever that one hides. Kept daemons that were started from within it have keepers of their own, and are no part of it.
 */
export class KeptTree {
  private readonly followed: FollowedTree;
  /** PIDs; who was one stays one, for it may be replaced meanwhile. */
  private readonly waiters = new Map<number, number>();
  /** The same of all that there ever were: of one that has just left, what it has started is still in its session. */
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

  /** Those of its waiters that live. */
  living(processes: Look): Kin[] {
    this.noteWaiters(processes);
    return [...this.waiters].flatMap(([pid, startTicks]) => {
      const kin = processes.get(pid);
      return kin?.startTicks === startTicks && kin.state !== "Z" && kin.state !== "X" ? kin : [];
    });
  }

  /** Its processes, zombies left out. @param self imp itself, if it may be one of them */
  members(processes: Look, self = ownPid()): Kin[] {
    return membersOf(this.scope(processes), processes, self);
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
      // Turns, and the process that looks after logs, stay in the session of a waiter; programs have one of their own.
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
   * Who is in its control group. Strangers are the waiters of daemons that were started from within it; its own are there too when
   * it was from there that it got new ones.
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

  /** Waiters lead sessions. Nobody else gets the PID of a leader as long as there is the session. */
  private isOwnSession({ sid }: Kin, processes: Look): boolean {
    const startTicks = this.leaders.get(sid);
    if (startTicks === undefined) return false;
    return (processes.get(sid)?.startTicks ?? startTicks) === startTicks;
  }

  private note(pid: number, startTicks: number): void {
    this.waiters.set(pid, startTicks);
    this.leaders.set(pid, startTicks);
  }

  /** The page tells of a keeper that has followed another one. */
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
