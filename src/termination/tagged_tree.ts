import { readVariable } from "../procfs/cmdline.ts";
import { snapshot } from "../procfs/processes.ts";
import { readStat } from "../procfs/stat.ts";
import { identityOf, type ProcessIdentity } from "./identity.ts";
import { lookOnce } from "./look.ts";
import { type Kin, type Look, membersOf, type Scope } from "./scope.ts";
import { ownPid } from "../libc/processes/process.ts";

/** How to recognise the processes of a tree wherever they hide. */
export interface TreeTag {
  /** An environment variable. */
  readonly variable: string;
  /** Whether its value makes a process a member. */
  readonly matches: (value: string) => boolean;
  /** Process groups and sessions that belong to the tree. */
  readonly groups?: readonly number[];
  readonly sessions?: readonly number[];
  /** When the process that made the ids started, in clock ticks: older processes have none of them. */
  readonly since?: number;
  /** How often a process without the tag is checked again, unless its name changes; no limit by default. */
  readonly readings?: number;
}

/** A process that had no tag. */
interface Stranger {
  readonly startTicks: number;
  readonly comm: string;
  readonly readings: number;
}

/** Whether a value, ids separated by colons, contains one of these. */
export function hasId(ids: readonly string[]): (value: string) => boolean {
  return (value) => value.split(":").some((id) => ids.includes(id));
}

/**
 * The processes that carry a tag in their environment, with all their descendants. A process once seen stays a member:
 * it may lose its parent, and a program may have been given another environment.
 */
export class TaggedTree {
  /** By PID. */
  private readonly members = new Map<number, ProcessIdentity>();

  /** By PID. */
  private readonly strangers = new Map<number, Stranger>();

  constructor(private readonly tag: TreeTag) {}

  /** Adds a process known to belong to it. */
  note(pid: number): void {
    const identity = this.members.has(pid) ? undefined : identityOf(pid);
    if (identity) this.members.set(pid, identity);
  }

  /**
   * The current tree.
   * @param processes the result of a look at /proc just now
   * @param held processes that do not belong to it, although everything below them does
   */
  readonly scope = (processes: Look = snapshot(), held: readonly number[] = []): Scope => {
    for (const kin of processes.values()) {
      const { pid, startTicks } = kin;
      if (startTicks < (this.tag.since ?? 0) || this.members.get(pid)?.startTicks === startTicks) {
        continue;
      }
      if (this.isKnownStranger(kin)) continue;
      // Its PID may have been reused since the look.
      if (this.isTagged(pid) && readStat(pid)?.startTicks === startTicks) {
        this.members.set(pid, { pid, startTicks });
      }
    }
    const { groups, sessions } = this.tag;
    const known = (except: readonly number[]) =>
      [...this.members.values()].filter(({ pid }) => !except.includes(pid));
    const scope = { roots: known(held), below: held, groups, sessions };
    // Those seen now may have lost their parents by the next look.
    for (const { pid, startTicks } of lookOnce(scope, processes).members) {
      this.members.set(pid, { pid, startTicks });
    }
    return { ...scope, roots: known(held) };
  };

  /** Whether it was checked often enough; if not, counts this check. */
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
 * A tree whose members, once seen, stay members with all that they start from then on, even if their parent ends before
 * the next look.
 */
export class FollowedTree {
  /** By PID. */
  private readonly members = new Map<number, ProcessIdentity>();

  /** @param find who belongs to it, among the processes of a look at /proc just now */
  constructor(private readonly find: (processes: Look) => Scope) {}

  /** Members of the other tree belong to this one as well. */
  follow(other: FollowedTree): void {
    for (const [pid, identity] of other.members) this.members.set(pid, identity);
  }

  readonly scope = (processes: Look): Scope => {
    const found = this.find(processes);
    for (const [pid, { startTicks }] of this.members) {
      // Its PID may have been reused.
      if (processes.get(pid)?.startTicks !== startTicks) this.members.delete(pid);
    }
    const roots = [...found.roots ?? [], ...this.members.values()];
    for (const { pid, startTicks } of membersOf({ ...found, roots }, processes, ownPid())) {
      this.members.set(pid, { pid, startTicks });
    }
    return { ...found, roots: [...found.roots ?? [], ...this.members.values()] };
  };
}
