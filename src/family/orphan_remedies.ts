import { SIGTERM } from "../libc/abi.ts";
import { ownPid } from "../libc/processes/process.ts";
import { runtime } from "../runtime/mod.ts";
import type { Kin, Scope } from "../termination/scope.ts";
import { Termination, untilOver } from "../termination/termination.ts";
import { Family, HIDDEN } from "./family.ts";
import type { OrphanedTree } from "./orphans.ts";
import { isZombie, type ProcStat } from "../procfs/stat.ts";

/** How a tree ended. */
export interface EndedOrphan {
  /** Those for which the grace was not enough. */
  readonly killed: readonly Kin[];
  /** What still runs: other users' processes, or in an uninterruptible sleep. */
  readonly left: readonly Kin[];
  /** Those of them that we may not signal. */
  readonly refused: readonly Kin[];
}

/** Why a tree must not be ended; undefined if it may be. */
export function whyNotEnd({ standing, root }: OrphanedTree): string | undefined {
  if (standing === "daemon") return "it is a daemon, which runs on purpose: stop it its own way";
  if (standing === "terminal") return "it is the main program of a terminal: log out there";
  if (standing === "leaderless") return "its parent is running, so it is not an orphan";
  const above = Family.read().ancestors(ownPid()).map(({ pid }) => pid);
  return above.includes(root.pid) ? "this imp was started from it" : undefined;
}

/** Ends an orphan with all descendants: SIGTERM, and SIGKILL after `graceMs`. */
export async function endOrphan(
  { members }: OrphanedTree,
  graceMs: number,
): Promise<EndedOrphan> {
  const steps = [{ signal: SIGTERM, wait: graceMs }];
  const termination = new Termination(scopeOf(members, Family.read()), { steps });
  for (const pause of untilOver(termination)) {
    const { left, refused } = termination;
    // Do not wait for those that we may not signal.
    if (left.length > 0 && left.length === refused.length) break;
    await runtime.sleep(pause);
  }
  const { killed, left, refused } = termination;
  const still = new Set(left.map(({ pid }) => pid));
  return { killed: killed.filter(({ pid }) => !still.has(pid)), left, refused };
}

/**
 * The displayed members and what they start later. A child whose parent has ended is found by its group or session, so
 * groups and sessions that consist only of members belong to the scope as a whole.
 */
export function scopeOf(members: readonly ProcStat[], family: Family): Scope {
  const known = new Map(members.map(({ pid, startTicks }) => [pid, startTicks]));
  const whole = (list: readonly ProcStat[]) =>
    list.length > 0 && list.every(({ pid, startTicks }) => known.get(pid) === startTicks);
  const still = members.filter(({ pid, startTicks }) => family.get(pid)?.startTicks === startTicks);
  const numbers = (key: "pgid" | "sid") => [...new Set(still.map((one) => one[key]))];
  return {
    roots: members.map(({ pid, startTicks }) => ({ pid, startTicks })),
    groups: numbers("pgid").filter((pgid) => pgid > 0 && whole(family.group(pgid))),
    sessions: numbers("sid").filter((sid) => sid > 0 && whole(family.session(sid))),
  };
}

/** Why a PID does not belong to a process that lost its parent or leader. */
export function whyNoOrphan(pid: number): string {
  const family = Family.read();
  const one = family.get(pid);
  if (!one) {
    return family.isHidden(pid) ? `it cannot be seen: ${HIDDEN}` : "there is no such process";
  }
  if (isZombie(one)) return "it is a zombie, for imp zombies";
  const parent = family.get(one.ppid);
  if (!parent && family.isHidden(one.ppid)) {
    return `its parent, ${one.ppid}, is running, hidden from this user`;
  }
  if (!parent) return "it has no parent that it could lose";
  return `its parent, ${parent.pid} (${parent.comm}), is running`;
}
