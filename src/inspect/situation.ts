import { maySignal, signalName } from "../libc/signals.ts";
import { readCmdline } from "../procfs/cmdline.ts";
import { orUndefined, readProcLink } from "../procfs/read.ts";
import { snapshot } from "../procfs/processes.ts";
import { type ProcStat, readStat } from "../procfs/stat.ts";
import { readStatus } from "../procfs/status.ts";
import type { ProcessFacts, SignalNames } from "./facts.ts";
import { isZombie } from "./kind.ts";
import { type LogoutRules, readLogoutRules } from "./logind.ts";
import { isLoginShell, type ShellName, shellName } from "./shells.ts";

/** A process and those around it that decide what becomes of it. */
export interface Situation {
  readonly facts: ProcessFacts;
  /** Leader of its session; null when it has ended or is outside our PID namespace. */
  readonly leader: Program | null;
  /**
   * Who manages its process group, and who manages that one's, outwards: the ancestors in the same session, one from
   * each other group. The first is the shell whose job it is. Empty without a terminal, or when that one has ended.
   */
  readonly managers: readonly Program[];
  /** Parent of the session leader: what holds the other end of the terminal, as sshd does, or started it. */
  readonly keeper: Program | null;
  readonly logout: LogoutRules;
}

/** What of a situation decides the kind of the process; imp tree reads only this much of thousands. */
export type KindSituation = Pick<Situation, "leader" | "managers"> & { readonly facts: KindFacts };

export type KindFacts = Pick<
  ProcessFacts,
  | "pid"
  | "ppid"
  | "parent"
  | "comm"
  | "exe"
  | "state"
  | "threads"
  | "kernelThread"
  | "namespacePids"
  | "pgid"
  | "sid"
  | "sessionLeader"
  | "tty"
  | "foreground"
  | "foregroundPgid"
  | "tracer"
  | "signals"
  | "fds"
  | "cwd"
  | "cgroup"
>;

/** Another process, as far as it matters. */
export interface Program {
  readonly pid: number;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  readonly comm: string;
  /** Which shell it is, if it is one. */
  readonly shell?: ShellName;
  /** A login shell. */
  readonly login: boolean;
  /** A shell with a user at a terminal, not one that runs a script. */
  readonly interactive: boolean;
  /** What SIGHUP does to it. */
  readonly hangup: Disposition;
  /** /proc does not show it to this user: nothing is known but that it exists. */
  readonly hidden?: true;
}

export type Disposition = "default" | "ignored" | "caught" | "blocked";

/** More generations than this between a process and its session leader are not looked at. */
const MAX_ANCESTORS = 64;

export function readSituation(facts: ProcessFacts): Situation {
  // A thread of the kernel has neither session nor shell, although all have the number 0 as their session.
  if (facts.kernelThread) {
    return { facts, leader: null, managers: [], keeper: null, logout: readLogoutRules(facts.uid) };
  }
  const leader = facts.sid > 0 ? readProgram(facts.sid) : undefined;
  return {
    facts,
    leader: leader ?? null,
    managers: managersOf(facts),
    keeper: (leader && leader.ppid > 0 && readProgram(leader.ppid)) || null,
    logout: readLogoutRules(facts.uid),
  };
}

export function readProgram(pid: number): Program | undefined {
  const stat = readStat(pid);
  if (!stat) return maySignal(pid) ? undefined : hiddenProgram(pid);
  // A zombie leads nothing any more.
  if (isZombie(stat)) return undefined;
  const status = orUndefined(readStatus(pid));
  const exe = orUndefined(readProcLink(`/proc/${pid}/exe`))?.replace(/ \(deleted\)$/, "");
  const command = orUndefined(readCmdline(pid)) ?? [];
  const names = (numbers: readonly number[] = []) => numbers.map(signalName);
  const signals = {
    pending: [],
    blocked: names(status?.signals.blocked),
    ignored: names(status?.signals.ignored),
    caught: names(status?.signals.caught),
  };
  const shell = shellName({ comm: stat.comm, exe });
  return {
    pid,
    ppid: stat.ppid,
    pgid: stat.pgid,
    sid: stat.sid,
    comm: stat.comm,
    ...(shell ? { shell } : {}),
    login: shell !== undefined && isLoginShell(command),
    interactive: shell !== undefined && isInteractive(signals),
    hangup: disposition(signals, "HUP"),
  };
}

function hiddenProgram(pid: number): Program {
  const unknown = { ppid: 0, pgid: 0, sid: 0, login: false, interactive: false } as const;
  return { pid, comm: "a hidden process", ...unknown, hangup: "default", hidden: true };
}

/** What a signal does to a process. */
export function disposition(signals: SignalNames, name: string): Disposition {
  if (signals.ignored.includes(name)) return "ignored";
  if (signals.blocked.includes(name)) return "blocked";
  return signals.caught.includes(name) ? "caught" : "default";
}

/**
 * Interactive shells ignore SIGTERM, and SIGTTOU in order to take the terminal back from a job; a shell that runs a
 * script does neither. Measured with bash, zsh and dash.
 */
function isInteractive(signals: SignalNames): boolean {
  return signals.ignored.includes("TERM") && signals.ignored.includes("TTOU");
}

/** A shell with a user at a terminal, not one that runs a script. */
export function isInteractiveShell(facts: KindFacts): boolean {
  return shellName(facts) !== undefined && isInteractive(facts.signals);
}

export function isStopped({ state }: KindFacts): boolean {
  return state === "T" || state === "t";
}

/** Which of 0-2 lead to a terminal. */
export function terminalDescriptors({ fds }: KindFacts): number[] {
  return fds.filter(({ fd, kind }) => fd <= 2 && kind === "terminal").map(({ fd }) => fd);
}

function managersOf(facts: ProcessFacts): Program[] {
  // Without a terminal there is no job control.
  if (facts.sessionLeader || facts.tty === null) return [];
  const managers = readManagers(facts);
  if (managers.length > 0) return managers;
  // Its own ancestors are gone; but a shell signals whole groups, and may know this one by another member.
  for (const mate of snapshot().values()) {
    if (mate.pgid !== facts.pgid || mate.sid !== facts.sid || mate.state === "Z") continue;
    const known = readManagers(mate);
    if (known.length > 0) return known;
  }
  return [];
}

function readManagers({ ppid, pgid, sid }: { ppid: number; pgid: number; sid: number }): Program[] {
  const managers: Program[] = [];
  let group = pgid;
  let next = ppid;
  for (let i = 0; i < MAX_ANCESTORS && next > 0; i++) {
    const ancestor: ProcStat | undefined = readStat(next);
    if (!ancestor || ancestor.sid !== sid) break;
    if (ancestor.pgid !== group) {
      const program = readProgram(ancestor.pid);
      if (program) managers.push(program);
      group = ancestor.pgid;
    }
    if (ancestor.sid === ancestor.pid) break;
    next = ancestor.ppid;
  }
  return managers;
}
