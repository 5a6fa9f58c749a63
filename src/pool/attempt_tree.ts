import type { Scope } from "../group/scope.ts";
import { listTree } from "../group/signal_tree.ts";
import { readStat } from "../procfs/stat.ts";
import { markOf } from "./attempt_mark.ts";

/** The process of an attempt, and how its relatives are known. */
export interface Root {
  readonly pid: number;
  /** What everything that it started has inherited: AttemptMark; 0: nothing. */
  readonly mark: number;
  /** Children of imp that it did not start itself: their parents have ended. */
  readonly adopted: () => readonly number[];
  /** Whether it is running, or has not been reaped. */
  readonly isThere: () => boolean;
}

/**
 * Everything that one attempt has started, although its orphans look like any other child of imp: its process with all below
 * it, and orphans that carry its mark or are in its group or session. Who was seen once stays a member.
 */
export class AttemptTree {
  /** By PID, with their start times. */
  private readonly members = new Map<number, number>();

  constructor(private readonly root: Root) {
    const stat = root.isThere() ? readStat(root.pid) : undefined;
    if (stat) this.members.set(root.pid, stat.startTicks);
  }

  readonly scope = (): Scope => {
    const { members } = this;
    for (const pid of this.root.adopted()) this.isMember(pid);
    const seen = { roots: [...members.keys()], starts: members };
    for (const { pid, startTicks } of listTree(seen)) members.set(pid, startTicks);
    return { roots: [...members.keys()], starts: members };
  };

  /**
   * Whether nobody of it is there, at the price of a look at imp's own children: imp is a subreaper, so who is not below the
   * process of the attempt is below one of those.
   */
  get isEmpty(): boolean {
    return !this.root.isThere() && !this.root.adopted().some((pid) => this.isMember(pid));
  }

  private isMember(pid: number): boolean {
    const { root, members } = this;
    const stat = readStat(pid);
    if (!stat || stat.state === "Z" || stat.state === "X") return false;
    if (members.get(pid) === stat.startTicks) return true;
    const related = stat.pgid === root.pid || stat.sid === root.pid;
    if (!related && (root.mark === 0 || markOf(pid) !== root.mark)) return false;
    members.set(pid, stat.startTicks);
    return true;
  }
}
