import { readVariable } from "../procfs/environ.ts";
import { snapshot } from "../procfs/processes.ts";
import { readStat } from "../procfs/stat.ts";
import type { Kin, Scope } from "./scope.ts";
import type { Look } from "./signal_tree.ts";

/**
 * The processes that carry one of some ids in an environment variable, with all their descendants. What has been seen once
 * stays a member: it may lose its parent, and a program may have been given another environment.
 */
export class TaggedTree {
  /** By PID, with their start times. */
  private readonly members = new Map<number, number>();

  /**
   * @param tag the environment variable: ids separated by colons
   * @param groups process groups that belong to the tree
   * @param since the start, in clock ticks, of the process that made the ids: who is older has none of them
   */
  constructor(
    private readonly tag: string,
    private readonly ids: readonly string[],
    private readonly groups: readonly number[] = [],
    private readonly since = 0,
  ) {}

  /** A process that is known to belong to it. */
  note(pid: number): void {
    if (this.members.has(pid)) return;
    const stat = readStat(pid);
    if (stat) this.members.set(pid, stat.startTicks);
  }

  /** What a look at the tree has found. */
  remember(kin: readonly Kin[]): void {
    for (const { pid, startTicks } of kin) this.members.set(pid, startTicks);
  }

  /**
   * The tree as it is now.
   * @param held processes that do not belong to it, while all that is below them does
   * @param processes what a look at /proc has just shown
   */
  scope(held: readonly number[] = [], processes: Look = snapshot()): Scope {
    for (const { pid, startTicks } of processes.values()) {
      if (startTicks < this.since || this.members.get(pid) === startTicks) continue;
      // Its PID may have gone to another one since the look.
      if (this.carriesTag(pid) && readStat(pid)?.startTicks === startTicks) {
        this.members.set(pid, startTicks);
      }
    }
    const roots = [...this.members.keys()].filter((pid) => !held.includes(pid));
    return { roots, below: held, starts: this.members, groups: this.groups };
  }

  private carriesTag(pid: number): boolean {
    const ids = readVariable(pid, this.tag)?.split(":");
    return ids !== undefined && ids.some((id) => this.ids.includes(id));
  }
}
