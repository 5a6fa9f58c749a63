import { readEnviron } from "../procfs/environ.ts";
import { listPids } from "../procfs/processes.ts";
import { Unreadable } from "../procfs/read.ts";
import { readStat } from "../procfs/stat.ts";
import type { Kin, Scope } from "./scope.ts";

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
   */
  constructor(
    private readonly tag: string,
    private readonly ids: readonly string[],
    private readonly groups: readonly number[] = [],
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
   */
  scope(held: readonly number[] = []): Scope {
    for (const pid of listPids()) if (this.carriesTag(pid)) this.note(pid);
    const roots = [...this.members.keys()].filter((pid) => !held.includes(pid));
    return { roots, below: held, starts: this.members, groups: this.groups };
  }

  private carriesTag(pid: number): boolean {
    const environment = readEnviron(pid);
    if (environment instanceof Unreadable) return false;
    return environment.get(this.tag)?.split(":").some((id) => this.ids.includes(id)) ?? false;
  }
}
