import { type Ended, endTree } from "../termination/end_tree.ts";
import type { Scope } from "../termination/scope.ts";
import { ownPid } from "../libc/processes/process.ts";
import type { ProcStat } from "../procfs/stat.ts";
import { Family, HIDDEN } from "./family.ts";
import type { OrphanedTree } from "./orphans.ts";
import { isZombie } from "../inspect/kind.ts";

/** Why a tree must not be ended; undefined when it may. */
export function whyNotEnd({ standing, root }: OrphanedTree): string | undefined {
  if (standing === "daemon") return "it is a daemon, which runs on purpose: stop it its own way";
  if (standing === "terminal") return "it is the main program of a terminal: log out there";
  if (standing === "leaderless") return "its parent lives, so it is no orphan";
  const above = Family.read().ancestors(ownPid()).map(({ pid }) => pid);
  return above.includes(root.pid) ? "this imp was started from it" : undefined;
}

/** Ends an orphan with all that descends from it: SIGTERM, and SIGKILL for what is left after `graceMs`. */
export function endOrphan({ members }: OrphanedTree, graceMs: number): Promise<Ended> {
  return endTree(scopeOf(members, Family.read()), { graceMs });
}

/**
 * The members that were shown, and what they start from now on. A child whose parent has ended is found by its group or
 * session, so those that consist of members only belong to the scope as a whole.
 */
export function scopeOf(members: readonly ProcStat[], family: Family): Scope {
  const known = new Map(members.map(({ pid, startTicks }) => [pid, startTicks]));
  const whole = (list: readonly ProcStat[]) =>
    list.length > 0 && list.every(({ pid, startTicks }) => known.get(pid) === startTicks);
  const still = members.filter(({ pid, startTicks }) => family.get(pid)?.startTicks === startTicks);
  const numbers = (key: "pgid" | "sid") => [...new Set(still.map((one) => one[key]))];
  return {
    roots: [...known.keys()],
    starts: known,
    groups: numbers("pgid").filter((pgid) => pgid > 0 && whole(family.group(pgid))),
    sessions: numbers("sid").filter((sid) => sid > 0 && whole(family.session(sid))),
  };
}

/** Why a PID is none of those that have lost somebody. */
export function whyNoOrphan(pid: number, family = Family.read()): string {
  const one = family.get(pid);
  if (!one) {
    return family.isHidden(pid) ? `it cannot be seen: ${HIDDEN}` : "there is no such process";
  }
  if (isZombie(one)) return "it is a zombie, for imp zombies";
  const parent = family.get(one.ppid);
  if (!parent && family.isHidden(one.ppid)) {
    return `it has lost nobody: its parent, ${one.ppid}, lives, hidden from this user`;
  }
  if (!parent) return "it has no parent that it could lose";
  return `it has lost nobody: its parent, ${parent.pid} (${parent.comm}), lives`;
}
