import { SIGCONT, SIGKILL } from "../libc/abi.ts";
import { groupOf } from "../libc/processes/job_control.ts";
import { ownPid } from "../libc/processes/process.ts";
import { isZombie } from "../procfs/stat.ts";
import { killAllIn } from "./cgroup.ts";
import { signalByNumber, signalProcess } from "./identity.ts";
import { lookOnce, type Sighting } from "./look.ts";
import { type Kin, type Look, membersOf, type Scope } from "./scope.ts";

/** Who was reached by a signal; processes that ended meanwhile count as reached. */
export interface Reach {
  readonly reached: readonly Kin[];
  /** Processes of other users: kill(2) says EPERM. */
  readonly refused: readonly Kin[];
}

/** Sends a signal to every process of a tree, once. @throws ImpError where /proc cannot be listed */
export function signalTree(scope: Scope, number: number): Reach {
  const sighting = lookOnce(scope);
  return signalMembers(sighting.members, sighting, number);
}

/**
 * Asks each process of a tree to end, once. A process forked during the signalling has not got the signal, so ask again
 * as long as there are any.
 */
export class Asking {
  private readonly asked = new Map<number, Kin>();

  constructor(private readonly signal: number) {}

  /** Whether it was asked, as far as is known: {@link stillAsked}. */
  has(kin: Kin): boolean {
    const before = this.asked.get(kin.pid);
    return before !== undefined && stillAsked(before, kin);
  }

  /**
   * Asks those not asked yet. Children of a process that was asked are left alone while it runs: it may have started
   * them in order to end cleanly.
   * @returns who got the signal this time
   */
  ask(sighting: Sighting): Reach {
    const { scope, processes } = sighting;
    for (const before of this.asked.values()) {
      if (!stillAsked(before, processes.get(before.pid))) this.asked.delete(before.pid);
    }
    const except = [...scope.except ?? [], ...this.asked.keys()];
    const members = membersOf({ ...scope, except }, processes, ownPid());
    for (const kin of members) this.asked.set(kin.pid, kin);
    const reach = signalMembers(members, sighting, this.signal);
    // A stopped process acts only on SIGKILL until it is continued.
    if (this.signal !== SIGKILL) signalMembers(members, sighting, SIGCONT);
    return reach;
  }
}

/** A process that moved to another group may have done so before its old group was signalled. */
function stillAsked(before: Kin, now: Kin | undefined): boolean {
  return now?.startTicks === before.startTicks && now.pgid === before.pgid;
}

function signalMembers(
  members: readonly Kin[],
  { scope, processes }: Sighting,
  number: number,
): Reach {
  const reached: Kin[] = [];
  const refused: Kin[] = [];
  if (scope.unseen !== undefined) signalByNumber(scope.unseen, number);
  // The rest of it is not in that group, or gets a harmless signal.
  if (number === SIGKILL && scope.cgroup !== undefined) killAllIn(scope.cgroup);
  for (const target of targetsFor(members, processes, groupOf(0))) {
    const [those, delivery] = "group" in target
      ? [target.members, signalByNumber(-target.group, number)]
      : [[target.process], signalProcess(target.process, number)];
    (delivery === "refused" ? refused : reached).push(...those);
  }
  return { reached, refused };
}

/** One kill(2) call. */
export type KillTarget =
  | { readonly group: number; readonly members: readonly Kin[] }
  | { readonly process: Kin };

/**
 * How to reach every member exactly once. A group that consists of members only is signalled as a whole, the one atomic
 * way: no member can fork a child that is missed (with separate kill(2) calls, one could).
 * @param ownGroup never signalled as a whole: the caller is in it
 */
export function targetsFor(
  members: readonly Kin[],
  processes: Look,
  ownGroup: number,
): KillTarget[] {
  const chosen = new Set(members.map(({ pid }) => pid));
  const mixed = new Set([ownGroup]);
  for (const one of processes.values()) {
    if (!chosen.has(one.pid) && !isZombie(one)) mixed.add(one.pgid);
  }
  const groups = new Map<number, Kin[]>();
  const targets: KillTarget[] = [];
  for (const kin of members) {
    if (mixed.has(kin.pgid)) targets.push({ process: kin });
    else if (groups.has(kin.pgid)) groups.get(kin.pgid)!.push(kin);
    else {
      const group = [kin];
      groups.set(kin.pgid, group);
      targets.push({ group: kin.pgid, members: group });
    }
  }
  return targets;
}
