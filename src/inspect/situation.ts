import { ancestors, snapshot } from "../procfs/processes.ts";
import type { ProcStat } from "../procfs/stat.ts";
import { type Around, readAround } from "./around.ts";
import type { KindFacts, ProcessFacts } from "./facts.ts";
import { collectFacts } from "./read_facts.ts";
import { type LogoutRules, readLogoutRules } from "./logind.ts";
import { isInteractive, type ProcessSummary, readSummary, shellName } from "./program.ts";

/** A process and those around it that decide its fate. */
export interface Situation {
  readonly facts: ProcessFacts;
  /** Leader of its session; null if it has ended or is outside our PID namespace. */
  readonly leader: ProcessSummary | null;
  /**
   * Who manages its process group, and who manages that manager's, outwards: the ancestors in the same session, one
   * from each other group. The first is the shell whose job it is. Empty without a terminal, or if that shell has
   * ended.
   */
  readonly managers: readonly ProcessSummary[];
  /** Parent of the session leader: it holds the other end of the terminal, as sshd does, or started the leader. */
  readonly keeper: ProcessSummary | null;
  readonly logout: LogoutRules;
  /** The interactive shell in whose process group it is, without being that shell. */
  readonly groupShell: ProcessSummary | null;
  readonly around: Around<Situation>;
}

/** The part of a situation that decides the kind of a process; imp tree reads only this much of thousands. */
export type KindSituation =
  & Pick<Situation, "leader" | "managers" | "groupShell">
  & { readonly facts: KindFacts };

/** @param known situations read for the same question, by PID: several processes may need the same ones */
export function readSituation(
  facts: ProcessFacts,
  known: Map<number, Situation | undefined> = new Map([[facts.pid, undefined]]),
): Situation {
  const logout = readLogoutRules(facts.uid);
  // A kernel thread has neither session nor shell, although all have session number 0.
  if (facts.kernelThread) {
    return {
      facts,
      leader: null,
      managers: [],
      keeper: null,
      logout,
      groupShell: null,
      around: {},
    };
  }
  const leader = (facts.sid > 0 ? readSummary(facts.sid) : undefined) ?? null;
  const keeper = (leader && leader.ppid > 0 && readSummary(leader.ppid)) || null;
  const managers = managersOf(facts);
  const around = readAround(facts, keeper, managers[0], (pid) => {
    if (known.has(pid)) return known.get(pid);
    known.set(pid, undefined);
    const other = collectFacts(pid);
    const situation = other && readSituation(other, known);
    known.set(pid, situation);
    return situation;
  });
  return { facts, leader, managers, keeper, logout, groupShell: groupShellOf(facts), around };
}

/** A shell with a user leads a group of its own, and is in the session of what it has started. */
export function groupShellOf(
  { pid, pgid, sid, tty }: Pick<KindFacts, "pid" | "pgid" | "sid" | "tty">,
  read: (pid: number) => ProcessSummary | undefined = readSummary,
): ProcessSummary | null {
  if (tty === null || pgid === 0 || pgid === pid) return null;
  const shell = read(pgid);
  return shell?.attended && shell.sid === sid ? shell : null;
}

/** A shell used at a terminal, not one that runs a script. */
export function isInteractiveShell(facts: KindFacts): boolean {
  return shellName(facts) !== undefined && isInteractive(facts.signals);
}

export function isStoppedProcess({ state }: Pick<KindFacts, "state">): boolean {
  return state === "T" || state === "t";
}

/** Which of 0-2 lead to a terminal. */
export function terminalDescriptors({ fds }: KindFacts): number[] {
  return fds.filter(({ fd, kind }) => fd <= 2 && kind === "terminal").map(({ fd }) => fd);
}

function managersOf(facts: ProcessFacts): ProcessSummary[] {
  // Without a terminal there is no job control.
  if (facts.sessionLeader || facts.tty === null) return [];
  const managers = managersAbove(facts, ancestors(facts));
  if (managers.length > 0 || facts.pgid === 0) return managers;
  return managersOfGroup(facts, snapshot().values(), ancestors);
}

/**
 * Its own ancestors are gone; but a shell signals whole groups, and may know this one by another member.
 * @param others some processes, including the members of its group
 */
export function managersOfGroup(
  { pgid, sid }: Pick<ProcStat, "pgid" | "sid">,
  others: Iterable<ProcStat>,
  ancestorsOf: (stat: ProcStat) => Iterable<ProcStat>,
  read = readSummary,
): ProcessSummary[] {
  for (const mate of others) {
    if (mate.pgid !== pgid || mate.sid !== sid || mate.state === "Z") continue;
    const managers = managersAbove(mate, ancestorsOf(mate), read);
    if (managers.length > 0) return managers;
  }
  return [];
}

/** @param above the ancestors of the process, from its parent on */
export function managersAbove(
  { pgid, sid }: Pick<ProcStat, "pgid" | "sid">,
  above: Iterable<ProcStat>,
  read = readSummary,
): ProcessSummary[] {
  const managers: ProcessSummary[] = [];
  let group = pgid;
  for (const ancestor of above) {
    if (ancestor.sid !== sid) break;
    if (ancestor.pgid !== group) {
      const manager = read(ancestor.pid);
      if (manager) managers.push(manager);
      group = ancestor.pgid;
    }
    if (ancestor.sid === ancestor.pid) break;
  }
  return managers;
}
