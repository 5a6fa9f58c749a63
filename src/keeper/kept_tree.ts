import { ownPid } from "../libc/processes/process.ts";
import { FollowedTree } from "../termination/tagged_tree.ts";
import type { ProcessIdentity } from "../termination/identity.ts";
import { type Kin, type Look, membersOf, type Scope } from "../termination/scope.ts";
import { readKeeperPage } from "./keeper_page.ts";
import type { KeptTags } from "./kept_tags.ts";
import type { ObservedDaemon } from "./observed.ts";

/** Of whose tree is looked for. */
export type TreeOwner = Pick<ObservedDaemon, "directory" | "program" | "guard" | "keeper">;

/**
 * Who belongs to a kept daemon: its program, whatever is below its keeper or its guard but the turns of imp, and whoever carries
 * its tag, wherever that one hides. Kept daemons that were started from within it have keepers of their own, and are no part of it.
 */
export class KeptTree {
  private readonly followed: FollowedTree;
  /** PIDs; who was one stays one, for it may be replaced meanwhile. */
  private readonly waiters = new Map<number, number>();

  constructor(private readonly owner: TreeOwner, private readonly tags: Pick<KeptTags, "in">) {
    for (const one of [owner.guard, owner.keeper]) {
      if (one) this.waiters.set(one.pid, one.startTicks);
    }
    this.followed = new FollowedTree((look) => this.find(look));
  }

  /** An earlier look at the same daemon has seen members that may have lost their parents since. */
  follow(earlier: KeptTree): void {
    this.followed.follow(earlier.followed);
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
    const { members, nested } = this.tags.in(processes);
    const turns = new Set(living.flatMap(({ pid }) => readKeeperPage(pid)?.turn || []));
    const below: ProcessIdentity[] = [];
    const heads = new Map(living.map(({ pid, sid }) => [pid, sid]));
    for (const kin of processes.values()) {
      const session = heads.get(kin.ppid);
      // Turns stay in the session of the waiter that has started them; programs have one of their own.
      if (session === undefined || kin.sid === session || turns.has(kin.pid)) continue;
      if (!heads.has(kin.pid)) below.push(kin);
    }
    return {
      roots: [...program ? [program] : [], ...below, ...members.get(directory) ?? []],
      except: nested.get(directory),
    };
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
        if (now && !this.waiters.has(other)) this.waiters.set(other, now.startTicks);
      }
    }
  }
}
