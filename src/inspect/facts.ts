import { signalName } from "../libc/processes/signals.ts";
import { bootTime, pageBytes, ticksPerSecond } from "../procfs/boot.ts";
import { mainCgroup, readCgroup } from "../procfs/cgroup.ts";
import { readCmdline } from "../procfs/cmdline.ts";
import { type OpenFile, readOpenFiles } from "../procfs/fds.ts";
import { orUndefined, readProcLink, Unreadable } from "../procfs/read.ts";
import { isZombie, type ProcStat, readStat } from "../procfs/stat.ts";
import { type Ids, type ProcStatus, readStatus, type Seccomp } from "../procfs/status.ts";
import { ttyName } from "../procfs/terminals.ts";
import { isAdopted, isKernelThread, type ParentRole, parentRole } from "./role.ts";
import type { SignalNames } from "./program.ts";

/** Everything that imp reads about one process, at one time. Null: the process has no such thing, or see `hidden`. */
export interface ProcessFacts {
  readonly pid: number;
  /** The process that this PID belongs to; differs from `pid` when that is a thread's number. */
  readonly tgid: number;
  /** The kernel's short name, at most 15 bytes. */
  readonly comm: string;
  /** The words it was started with; none for kernel threads and zombies. */
  readonly command: readonly string[];
  readonly exe: string | null;
  /** The file that it executes has been removed or replaced. */
  readonly exeDeleted: boolean;
  /** The kernel's letter. */
  readonly state: string;
  readonly stateWord: string;
  readonly threads: number;
  readonly kernelThread: boolean;
  /** Real user. */
  readonly uid: number;
  readonly uids: Ids;
  readonly gids: Ids;
  /** 0 when there is no parent, or it is outside our PID namespace. */
  readonly ppid: number;
  readonly parent: ParentFacts | null;
  /** The process that traces it, 0 without one. */
  readonly tracer: number;
  /** 0 when the group's leader is outside our PID namespace; the same goes for `sid`. */
  readonly pgid: number;
  readonly sid: number;
  readonly groupLeader: boolean;
  readonly sessionLeader: boolean;
  /** Controlling terminal. */
  readonly tty: string | null;
  /** Its group is the one that the terminal listens to. */
  readonly foreground: boolean;
  readonly foregroundPgid: number | null;
  readonly cwd: string | null;
  /** Only where it is not `/`. */
  readonly root: string | null;
  readonly umask: number | null;
  /** The lowest descriptors, at most {@link MAX_FDS}. */
  readonly fds: readonly OpenFile[];
  readonly fdCount: number;
  readonly signals: SignalNames;
  /** Clock ticks between boot and its start. */
  readonly startTicks: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** CPU time so far, milliseconds. */
  readonly cpuMs: number;
  readonly nice: number;
  readonly residentBytes: number;
  readonly cgroup: string | null;
  readonly noNewPrivs: boolean;
  readonly seccomp: Seccomp;
  /** Effective capabilities as the kernel writes them, in hexadecimal. */
  readonly capabilities: string;
  /** Its PID in each PID namespace, from ours inwards. */
  readonly namespacePids: readonly number[];
  /** Of a zombie: how it ended, in wait(2) format. Null while it lives, or where the kernel hides it. */
  readonly exitStatus: number | null;
  readonly hidden: readonly HiddenFact[];
}

export interface ParentFacts {
  readonly pid: number;
  readonly comm: string;
  readonly role: ParentRole;
  /** It has certainly not started this child, but adopted it. False: not to be told. */
  readonly adopted: boolean;
}

/** Something that could not be read. */
export interface HiddenFact {
  readonly fact: "command" | "exe" | "cwd" | "root" | "fds" | "cgroup" | "exitStatus";
  /** Errno name: EACCES for another user's process. */
  readonly errno: string;
}

/** How many descriptors are looked at closely. */
export const MAX_FDS = 256;

const STATES: Record<string, string> = {
  R: "running",
  S: "sleeping",
  D: "waiting for a device (cannot be interrupted)",
  I: "idle",
  T: "stopped",
  t: "stopped by a tracer",
  Z: "zombie",
  X: "dead",
  P: "parked",
};

const ATTEMPTS = 5;

/**
 * Reads all facts of a process.
 * @returns undefined when there is no such process, also when it ends while it is being read
 */
export function collectFacts(pid: number): ProcessFacts | undefined {
  for (let attempt = 1;; attempt++) {
    const before = readStat(pid);
    if (!before) return undefined;
    const facts = readAll(before);
    const after = readStat(pid);
    if (!after) return undefined;
    // Its PID may have been given to another process in between, or it may have executed another program or moved to
    // another session: then the facts do not belong together.
    if (facts && (sameProcess(before, after) || attempt === ATTEMPTS)) return facts;
    if (attempt === ATTEMPTS) return undefined;
  }
}

function sameProcess(a: ProcStat, b: ProcStat): boolean {
  return a.startTicks === b.startTicks && a.comm === b.comm && a.ppid === b.ppid &&
    a.pgid === b.pgid && a.sid === b.sid && a.ttyNumber === b.ttyNumber &&
    (a.state === "Z") === (b.state === "Z");
}

function readAll(stat: ProcStat): ProcessFacts | undefined {
  const { pid } = stat;
  const status = readStatus(pid);
  if (status instanceof Unreadable) return undefined;
  const hidden: HiddenFact[] = [];
  /** The value; null when there is no such thing, or noted as hidden when we may not see it. */
  const seen = <T>(fact: HiddenFact["fact"], value: T | Unreadable): T | null => {
    if (!(value instanceof Unreadable)) return value;
    if (!value.gone) hidden.push({ fact, errno: value.errno });
    return null;
  };
  const exe = seen("exe", readProcLink(`/proc/${pid}/exe`));
  const root = seen("root", readProcLink(`/proc/${pid}/root`));
  const open = seen("fds", readOpenFiles(pid, MAX_FDS));
  if (open?.refused) hidden.push({ fact: "fds", errno: open.refused });
  const entries = seen("cgroup", readCgroup(pid));
  return {
    ...identity(stat, status),
    command: seen("command", readCmdline(pid)) ?? [],
    exe: exe?.replace(/ \(deleted\)$/, "") ?? null,
    exeDeleted: exe?.endsWith(" (deleted)") ?? false,
    parent: readParent(stat),
    cwd: seen("cwd", readProcLink(`/proc/${pid}/cwd`)),
    root: root === "/" ? null : root,
    fds: open?.files ?? [],
    fdCount: open?.count ?? 0,
    cgroup: (entries && mainCgroup(entries)) ?? null,
    exitStatus: isZombie(stat) ? seen("exitStatus", readExitStatus(stat)) : null,
    hidden,
  };
}

/** What /proc/PID/stat and status tell; everybody may read these two. */
function identity(stat: ProcStat, status: ProcStatus) {
  const tick = 1000 / ticksPerSecond();
  const names = (numbers: readonly number[]) => numbers.map(signalName);
  const { pending, blocked, ignored, caught } = status.signals;
  return {
    pid: stat.pid,
    tgid: status.tgid,
    comm: stat.comm,
    state: stat.state,
    stateWord: stateWord(stat),
    threads: stat.threads,
    kernelThread: isKernelThread(stat),
    uid: status.uids.real,
    uids: status.uids,
    gids: status.gids,
    ppid: stat.ppid,
    tracer: status.tracer,
    ...place(stat),
    umask: status.umask ?? null,
    signals: {
      pending: names(pending),
      blocked: names(blocked),
      ignored: names(ignored),
      caught: names(caught),
    },
    startTicks: stat.startTicks,
    startedAt: (bootTime() ?? 0) + Math.round(stat.startTicks * tick),
    cpuMs: Math.round((stat.userTicks + stat.systemTicks) * tick),
    nice: stat.nice,
    residentBytes: Math.max(0, stat.residentPages) * pageBytes(),
    noNewPrivs: status.noNewPrivs,
    seccomp: status.seccomp,
    capabilities: status.capabilities.toString(16).padStart(16, "0"),
    namespacePids: status.namespacePids,
  };
}

/** Where it stands among processes: group, session, terminal. */
function place({ pid, pgid, sid, ttyNumber, foregroundPgid }: ProcStat) {
  const tty = ttyName(ttyNumber) ?? null;
  return {
    pgid,
    sid,
    groupLeader: pgid === pid,
    sessionLeader: sid === pid,
    tty,
    foreground: tty !== null && foregroundPgid === pgid,
    foregroundPgid: tty !== null && foregroundPgid > 0 ? foregroundPgid : null,
  };
}

function stateWord({ state, threads }: ProcStat): string {
  // The main thread has called pthread_exit(3); the process lives on in the others.
  if (state === "Z" && threads > 1) return "running without its first thread";
  return STATES[state] ?? `state ${state}`;
}

function readParent(stat: ProcStat): ParentFacts | null {
  const parent = stat.ppid > 0 ? readStat(stat.ppid) : undefined;
  if (!parent) return null;
  const program = {
    stat: parent,
    exe: orUndefined(readProcLink(`/proc/${parent.pid}/exe`)),
    command: orUndefined(readCmdline(parent.pid)) ?? [],
  };
  const leader = stat.sid > 0 ? readStat(stat.sid) : undefined;
  return {
    pid: parent.pid,
    comm: parent.comm,
    role: parentRole(stat, program, leader),
    adopted: isAdopted(stat, parent, leader),
  };
}

/**
 * How a zombie ended. To those who may not trace it the kernel shows 0, which would read as success; the same right is
 * asked for its namespace links.
 */
function readExitStatus(stat: ProcStat): number | Unreadable {
  const allowed = readProcLink(`/proc/${stat.pid}/ns/user`);
  return allowed instanceof Unreadable && !allowed.gone ? allowed : stat.exitStatus;
}
