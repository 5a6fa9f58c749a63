import type { ProcStat } from "../../procfs/stat.ts";
import { identityOf, type ProcessIdentity } from "../../termination/identity.ts";
import { lookOnce } from "../../termination/look.ts";
import type { Look, Scope } from "../../termination/scope.ts";
import { RLIMIT_LOCKS } from "../../libc/abi.ts";
import { getLimit, limitBlock } from "../../libc/users/limits.ts";
import { libc } from "../../libc/calling/load.ts";
import { readLimits } from "../../procfs/limits.ts";
import { Unreadable } from "../../procfs/read.ts";

/** A child that imp did not start: its parent has ended. */
export interface Orphan extends Pick<ProcStat, "pid" | "startTicks" | "pgid" | "sid"> {
  readonly mark: number | undefined;
}

/** An attempt's process, and how to recognise its relatives. */
export interface Root {
  readonly pid: number;
  /** Inherited by everything that it started: AttemptMark; 0: none. */
  readonly mark: number;
  readonly orphans: () => readonly Orphan[];
  /** Whether it is running, or has not been reaped. */
  readonly isThere: () => boolean;
}

/**
 * Everything that one attempt has started, although its orphans look like any other child of imp: its process with all
 * descendants, and orphans that carry its mark or are in its group or session. A process once seen stays a member.
 */
export class AttemptTree {
  /** By PID. */
  private readonly members = new Map<number, ProcessIdentity>();

  constructor(private readonly root: Root) {
    const identity = root.isThere() ? identityOf(root.pid) : undefined;
    if (identity) this.members.set(root.pid, identity);
  }

  readonly scope = (processes: Look): Scope => {
    const { members } = this;
    for (const orphan of this.root.orphans()) this.isMember(orphan);
    for (
      const { pid, startTicks } of lookOnce({ roots: [...members.values()] }, processes).members
    ) {
      members.set(pid, { pid, startTicks });
    }
    return { roots: [...members.values()] };
  };

  /**
   * Whether nothing of it exists, at the cost of a look at imp's own children: imp is a subreaper, so whatever is not
   * below the attempt's process is below one of those.
   */
  get isEmpty(): boolean {
    return !this.root.isThere() && !this.root.orphans().some((orphan) => this.isMember(orphan));
  }

  private isMember({ pid, startTicks, pgid, sid, mark }: Orphan): boolean {
    const { root, members } = this;
    if (members.get(pid)?.startTicks === startTicks) return true;
    const related = pgid === root.pid || sid === root.pid;
    if (!related && (root.mark === 0 || mark !== root.mark)) return false;
    members.set(pid, { pid, startTicks });
    return true;
  }
}

/** Each pool has a random range of its own, so that nested pools can tell theirs apart. */
const POOLS = 2 ** 31, ATTEMPTS = 2 ** 20;

const c = libc("setrlimit");

/**
 * Tells what one attempt has started from what others have, wherever it hides: in its own session, without its parent,
 * with another environment. The mark is the soft limit on file locks, which Linux has ignored since 2.4.25,
 * getrlimit(2). Children inherit it, and /proc shows it to everybody.
 */
export class AttemptMark {
  private readonly first = (1 + Math.floor(Math.random() * POOLS)) * ATTEMPTS;
  private readonly hard = getLimit(RLIMIT_LOCKS).hard;
  private readonly limit = limitBlock({ soft: this.first, hard: this.hard });
  private count = 0;

  /** Changes the mark for processes started from now on. @returns it; 0 if the caller's hard limit leaves no room */
  renew(): number {
    if (this.hard < this.first + ATTEMPTS) return 0;
    const mark = this.first + this.count++ % ATTEMPTS;
    this.limit.view.setBigUint64(0, BigInt(mark), true);
    return c.setrlimit(RLIMIT_LOCKS, this.limit.address) === 0 ? mark : 0;
  }
}

/** The mark that a process has inherited; undefined if it has ended. */
export function markOf(pid: number): number | undefined {
  const limits = readLimits(pid);
  return limits instanceof Unreadable ? undefined : limits.get("locks")?.soft;
}
