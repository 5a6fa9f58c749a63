import { cpuTime, pageBytes, startTime } from "../procfs/boot.ts";
import { mainCgroup, readCgroup } from "../procfs/cgroup.ts";
import { readCmdline } from "../procfs/cmdline.ts";
import { type OpenFiles, readOpenFiles } from "../procfs/fds.ts";
import { orUndefined, readProcLink, Unreadable } from "../procfs/read.ts";
import { isZombie, type ProcStat, readStat } from "../procfs/stat.ts";
import { type ProcStatus, readStatus } from "../procfs/status.ts";
import { ttyName } from "../procfs/terminals.ts";
import type { HiddenFact, ParentFacts, ProcessFacts } from "./facts.ts";
import { isWaiterName, type KeptRole, waiterRole } from "./kept.ts";
import { readExe, signalNames } from "./program.ts";
import { isAdopted, isKernelThread, type ParentProgram, parentRole } from "./role.ts";

/** How many descriptors are looked at closely. */
const MAX_FDS = 256;

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

/** Where facts about other processes come from: what /proc shows now, or one reading of all. */
export interface OtherProcesses {
  stat(pid: number): ProcStat | undefined;
  parentProgram(stat: ProcStat): ParentProgram;
  terminalOf(stat: ProcStat): string | null;
}

/** What /proc shows now. */
const NOW: OtherProcesses = {
  stat: readStat,
  parentProgram: readParentProgram,
  terminalOf: ({ ttyNumber }) => ttyName(ttyNumber) ?? null,
};

const NOBODY = { real: -1, effective: -1, saved: -1, fileSystem: -1 };
/** For a process whose status cannot be read. */
const UNTOLD: ProcStatus = {
  pid: 0,
  tgid: 0,
  tracer: 0,
  uids: NOBODY,
  gids: NOBODY,
  groups: [],
  threads: 0,
  signals: { pending: [], blocked: [], ignored: [], caught: [] },
  noNewPrivs: false,
  seccomp: "off",
  capabilities: 0n,
  namespacePids: [],
};

/** The sources of facts, each read when first asked for. */
export class FactSources {
  readonly hidden: HiddenFact[] = [];
  private readonly known: { [key: string]: unknown } = {};

  constructor(readonly stat: ProcStat, private readonly others: OtherProcesses = NOW) {}

  get isReadable(): boolean {
    return this.status !== UNTOLD;
  }
  get status(): ProcStatus {
    return this.once("status", () => orUndefined(readStatus(this.stat.pid)) ?? UNTOLD);
  }
  get signals() {
    return this.once("signals", () => signalNames(this.status.signals));
  }
  get parent(): ParentFacts | null {
    return this.once("parent", () => parentOf(this.stat, this.others));
  }
  get kept(): KeptRole | null {
    return this.once("kept", () => keptRoleOf(this, this.others));
  }
  get tty(): string | null {
    return this.others.terminalOf(this.stat);
  }
  get command(): readonly string[] | null {
    return this.seen("command", () => readCmdline(this.stat.pid));
  }
  /** As the kernel writes it, possibly with ` (deleted)`. */
  get exe(): string | null {
    return this.link("exe");
  }
  get cwd(): string | null {
    return this.link("cwd");
  }
  get root(): string | null {
    return this.link("root");
  }
  get files(): Pick<OpenFiles, "files" | "count"> {
    return this.seen("fds", () => {
      const open = readOpenFiles(this.stat.pid, MAX_FDS);
      if (!(open instanceof Unreadable) && open.refused) {
        this.hidden.push({ fact: "fds", errno: open.refused });
      }
      return open;
    }) ?? { files: [], count: 0 };
  }
  get cgroup(): string | null {
    const entries = this.seen("cgroup", () => readCgroup(this.stat.pid));
    return (entries && mainCgroup(entries)) ?? null;
  }
  get exitStatus(): number | null {
    return isZombie(this.stat) ? this.seen("exitStatus", () => readExitStatus(this.stat)) : null;
  }

  private link(fact: "exe" | "cwd" | "root"): string | null {
    return this.seen(fact, () => readProcLink(`/proc/${this.stat.pid}/${fact}`));
  }

  /** The value; null if there is no such thing, or, noted as hidden, if we may not see it. */
  private seen<T>(fact: HiddenFact["fact"], read: () => T | Unreadable): T | null {
    return this.once(fact, () => {
      const value = read();
      if (!(value instanceof Unreadable)) return value;
      if (!value.gone) this.hidden.push({ fact, errno: value.errno });
      return null;
    });
  }

  private once<T>(what: string, read: () => T): T {
    if (!(what in this.known)) this.known[what] = read();
    return this.known[what] as T;
  }
}

/** Every fact and how it is obtained, in the order in which they are shown. */
const FACTS: { readonly [F in keyof ProcessFacts]: (of: FactSources) => ProcessFacts[F] } = {
  pid: ({ stat }) => stat.pid,
  tgid: ({ status }) => status.tgid,
  comm: ({ stat }) => stat.comm,
  state: ({ stat }) => stat.state,
  stateWord: ({ stat }) => stateWord(stat),
  threads: ({ stat }) => stat.threads,
  kernelThread: ({ stat }) => isKernelThread(stat),
  uid: ({ status }) => status.uids.real,
  uids: ({ status }) => status.uids,
  gids: ({ status }) => status.gids,
  ppid: ({ stat }) => stat.ppid,
  tracer: ({ status }) => status.tracer,
  pgid: ({ stat }) => stat.pgid,
  sid: ({ stat }) => stat.sid,
  groupLeader: ({ stat }) => stat.pgid === stat.pid,
  sessionLeader: ({ stat }) => stat.sid === stat.pid,
  tty: ({ tty }) => tty,
  foreground: ({ tty, stat }) => tty !== null && stat.foregroundPgid === stat.pgid,
  foregroundPgid: ({ tty, stat: { foregroundPgid } }) =>
    tty !== null && foregroundPgid > 0 ? foregroundPgid : null,
  umask: ({ status }) => status.umask ?? null,
  signals: ({ signals }) => signals,
  startTicks: ({ stat }) => stat.startTicks,
  startedAt: ({ stat }) => startTime(stat),
  cpuMs: ({ stat }) => cpuTime(stat),
  nice: ({ stat }) => stat.nice,
  residentBytes: ({ stat }) => Math.max(0, stat.residentPages) * pageBytes(),
  noNewPrivs: ({ status }) => status.noNewPrivs,
  seccomp: ({ status }) => status.seccomp,
  capabilities: ({ status }) => status.capabilities.toString(16).padStart(16, "0"),
  namespacePids: ({ status, stat, isReadable }) => isReadable ? status.namespacePids : [stat.pid],
  command: ({ command }) => command ?? [],
  exe: ({ exe }) => exe?.replace(/ \(deleted\)$/, "") ?? null,
  exeDeleted: ({ exe }) => exe?.endsWith(" (deleted)") ?? false,
  parent: ({ parent }) => parent,
  kept: ({ kept }) => kept,
  cwd: ({ cwd }) => cwd,
  root: ({ root }) => root === "/" ? null : root,
  fds: ({ files }) => files.files,
  fdCount: ({ files }) => files.count,
  cgroup: ({ cgroup }) => cgroup,
  exitStatus: ({ exitStatus }) => exitStatus,
  hidden: ({ hidden }) => hidden,
};

/**
 * Reads all facts about a process.
 * @returns undefined if there is no such process, or if it ends while being read
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

/** The facts of a process, each read when it is asked for. */
export function lazyFacts(sources: FactSources): ProcessFacts {
  return Object.create(LAZY, { sources: { value: sources } });
}

const LAZY = Object.create(
  null,
  Object.fromEntries(
    Object.entries(FACTS).map(([fact, read]) => [fact, {
      get(this: { sources: FactSources }) {
        return read(this.sources);
      },
    }]),
  ),
);

/** The parent of a process, and its role. */
export function parentOf(stat: ProcStat, others: OtherProcesses): ParentFacts | null {
  const parent = stat.ppid > 0 ? others.stat(stat.ppid) : undefined;
  if (!parent) return null;
  const leader = stat.sid > 0 ? others.stat(stat.sid) : undefined;
  return {
    pid: parent.pid,
    comm: parent.comm,
    role: parentRole(stat, others.parentProgram(parent), leader),
    adopted: isAdopted(stat, parent, leader),
  };
}

/** Waiters have known names and words; their children are kept, except turns of imp in a waiter's session. */
function keptRoleOf(sources: FactSources, others: OtherProcesses): KeptRole | null {
  const { stat } = sources;
  if (isWaiterName(stat.comm)) return waiterRole(stat.comm, sources.command ?? []);
  const parent = stat.ppid > 1 ? others.stat(stat.ppid) : undefined;
  if (!parent || !isWaiterName(parent.comm)) return null;
  if (stat.sid === parent.sid) return null;
  const role = waiterRole(parent.comm, others.parentProgram(parent).command);
  return role && { name: role.name, as: "member" };
}

export function readParentProgram(stat: ProcStat): ParentProgram {
  return {
    stat,
    exe: readExe(stat.pid),
    command: orUndefined(readCmdline(stat.pid)) ?? [],
  };
}

/**
 * How a zombie ended. To those who may not trace it the kernel shows 0, which would read as success; its namespace
 * links need the same permission.
 */
export function readExitStatus({ pid, exitStatus }: ProcStat): number | Unreadable {
  const allowed = readProcLink(`/proc/${pid}/ns/user`);
  return allowed instanceof Unreadable ? allowed : exitStatus;
}

function readAll(stat: ProcStat): ProcessFacts | undefined {
  const sources = new FactSources(stat);
  if (!sources.isReadable) return undefined;
  const facts = Object.entries(FACTS).map(([fact, read]) => [fact, read(sources)]);
  return Object.fromEntries(facts) as ProcessFacts;
}

function sameProcess(a: ProcStat, b: ProcStat): boolean {
  return a.startTicks === b.startTicks && a.comm === b.comm && a.ppid === b.ppid &&
    a.pgid === b.pgid && a.sid === b.sid && a.ttyNumber === b.ttyNumber &&
    (a.state === "Z") === (b.state === "Z");
}

function stateWord({ state, threads }: ProcStat): string {
  // The main thread has called pthread_exit(3); the process lives on in the others.
  if (state === "Z" && threads > 1) return "running without its first thread";
  return STATES[state] ?? `state ${state}`;
}
