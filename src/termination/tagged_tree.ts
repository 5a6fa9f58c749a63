import { readVariable } from "../procfs/cmdline.ts";
import { snapshot } from "../procfs/processes.ts";
import { readStat } from "../procfs/stat.ts";
import { identityOf, type ProcessIdentity } from "./identity.ts";
import { lookOnce } from "./look.ts";
import { type Kin, type Look, membersOf, type Scope } from "./scope.ts";
import { ownPid } from "../libc/processes/process.ts";

/** By what the processes of a tree are known wherever they hide. */
export interface TreeTag {
  /** An environment variable. */
  readonly variable: string;
  /** Whether its value makes a process a member. */
  readonly matches: (value: string) => boolean;
  /** Process groups and sessions that belong to the tree. */
  readonly groups?: readonly number[];
  readonly sessions?: readonly number[];
  /** The start, in clock ticks, of the process that made the ids: who is older has none of them. */
  readonly since?: number;
  /** How often a process without the tag is looked at, until it shows another name; always when left out. */
  readonly readings?: number;
}

/** A process that had no tag. */
interface Stranger {
  readonly startTicks: number;
  readonly comm: string;
  readonly readings: number;
}

/** Whether a value, ids separated by colons, has one of these. */
export function hasId(ids: readonly string[]): (value: string) => boolean {
  return (value) => value.split(":").some((id) => ids.includes(id));
}

/**
 * The processes that carry a tag in their environment, with all their descendants. What has been seen once stays a
 * member: it may lose its parent, and a program may have been given another environment.
 */
export class TaggedTree {
  /** By PID. */
  private readonly members = new Map<number, ProcessIdentity>();

  /** By PID. */
  private readonly strangers = new Map<number, Stranger>();

  constructor(private readonly tag: TreeTag) {}

  /** A process that is known to belong to it. */
  note(pid: number): void {
    const identity = this.members.has(pid) ? undefined : identityOf(pid);
    if (identity) this.members.set(pid, identity);
  }

  /**
   * The tree as it is now.
   * @param processes what a look at /proc has just shown
   * @param held processes that do not belong to it, while all that is below them does
   */
  readonly scope = (processes: Look = snapshot(), held: readonly number[] = []): Scope => {
    for (const kin of processes.values()) {
      const { pid, startTicks } = kin;
      if (startTicks < (this.tag.since ?? 0) || this.members.get(pid)?.startTicks === startTicks) {
        continue;
      }
      if (this.isKnownStranger(kin)) continue;
      // Its PID may have gone to another one since the look.
      if (this.isTagged(pid) && readStat(pid)?.startTicks === startTicks) {
        this.members.set(pid, { pid, startTicks });
      }
    }
    const { groups, sessions } = this.tag;
    const known = (except: readonly number[]) =>
      [...this.members.values()].filter(({ pid }) => !except.includes(pid));
    const scope = { roots: known(held), below: held, groups, sessions };
    // Whom this look shows may have lost its parents by the next one.
    for (const { pid, startTicks } of lookOnce(scope, processes).members) {
      this.members.set(pid, { pid, startTicks });
    }
    return { ...scope, roots: known(held) };
  };

  /** It was looked at often enough; else this time is counted. */
  private isKnownStranger({ pid, startTicks, comm }: Kin): boolean {
    const { readings: most = Infinity } = this.tag;
    if (most === Infinity) return false;
    const known = this.strangers.get(pid);
    const same = known?.startTicks === startTicks && known.comm === comm;
    const readings = same ? known.readings : 0;
    if (readings >= most) return true;
    this.strangers.set(pid, { startTicks, comm, readings: readings + 1 });
    return false;
  }

  private isTagged(pid: number): boolean {
    const value = readVariable(pid, this.tag.variable);
    return value !== undefined && this.tag.matches(value);
  }
}

/**
 * A tree in which whoever has been seen once stays, with all that it starts from then on, although its parent may have ended
 * by the next look.
 */
export class FollowedTree {
  /** By PID. */
  private readonly members = new Map<number, ProcessIdentity>();

  /** @param find who belongs to it, of the processes that a look at /proc has just shown */
  constructor(private readonly find: (processes: Look) => Scope) {}

  /** Whom another one has seen belong to this one as well. */
  follow(other: FollowedTree): void {
    for (const [pid, identity] of other.members) this.members.set(pid, identity);
  }

  readonly scope = (processes: Look): Scope => {
    const found = this.find(processes);
    for (const [pid, { startTicks }] of this.members) {
      // Its PID may be another one's by now.
      if (processes.get(pid)?.startTicks !== startTicks) this.members.delete(pid);
    }
    const roots = [...found.roots ?? [], ...this.members.values()];
    for (const { pid, startTicks } of membersOf({ ...found, roots }, processes, ownPid())) {
      this.members.set(pid, { pid, startTicks });
    }
    return { ...found, roots: [...found.roots ?? [], ...this.members.values()] };
  };
}
