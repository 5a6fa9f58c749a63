import { snapshot } from "../procfs/processes.ts";
import { byAge, type ProcStat, readStat } from "../procfs/stat.ts";
import { ttyName } from "../procfs/terminals.ts";
import { inspectProcess, type Report } from "./inspect.ts";
import { type ProcessSummary, readSummary } from "./program.ts";

/** The jobs of the shell that imp was called from. */
export interface ShellJobs {
  /** The parent of imp. */
  readonly caller: ProcessSummary | null;
  /** The nearest shell among the ancestors of imp: usually the caller itself. */
  readonly shell: ProcessSummary | null;
  readonly tty: string | null;
  readonly jobs: readonly ShellJob[];
}

/** A process group of the shell's session; without job control, one process started by the shell. */
export interface ShellJob {
  readonly pgid: number;
  readonly state: "running" | "stopped" | "foreground" | "ended";
  /** The shell manages it: it is a descendant. False for what nobody manages: `( command & )`. */
  readonly managed: boolean;
  readonly pids: readonly number[];
  /** What its first process is. */
  readonly report: Report;
}

const MAX_ANCESTORS = 64;

export function readShellJobs(): ShellJobs {
  const self = readStat("self");
  const caller = self && readSummary(self.ppid) || null;
  const shell = nearestShell(caller);
  if (!self || !shell) return { caller, shell: null, tty: null, jobs: [] };
  const all = snapshot();
  const stat = all.get(shell.pid);
  const mine = [...all.values()].filter((one) =>
    one.pid !== shell.pid && one.sid === shell.sid &&
    (one.sid > 0 || descends(one, shell.pid, all) || isOrphanOf(one, stat))
  );
  const groups = shell.interactive ? byGroup(mine, self.pgid) : ownChildren(mine, shell, self, all);
  const jobs = groups.flatMap((members) => describe(members, shell, all) ?? []);
  return { caller, shell, tty: ttyName(stat?.ttyNumber ?? 0) ?? null, jobs };
}

/**
 * In session 0, which stands for all sessions outside our PID namespace: a process adopted by PID 1 is the shell's if
 * it has the shell's terminal and is younger.
 */
function isOrphanOf(one: ProcStat, shell: ProcStat | undefined): boolean {
  return one.ppid === 1 && shell !== undefined && one.ttyNumber !== 0 &&
    one.ttyNumber === shell.ttyNumber && byAge(shell, one) < 0;
}

function nearestShell(program: ProcessSummary | null): ProcessSummary | null {
  let next = program ?? undefined;
  for (let i = 0; next && i < MAX_ANCESTORS; i++) {
    if (next.shell) return next;
    next = next.ppid > 0 ? readSummary(next.ppid) : undefined;
  }
  return null;
}

/** All groups of the session except imp's own, which is a job only for the moment. */
function byGroup(processes: readonly ProcStat[], own: number): ProcStat[][] {
  const groups = new Map<number, ProcStat[]>();
  for (const one of processes) {
    if (one.pgid === own) continue;
    groups.set(one.pgid, [...groups.get(one.pgid) ?? [], one]);
  }
  return [...groups.values()];
}

/** A shell without job control leaves its children in its own group: each one counts by itself. */
function ownChildren(
  processes: readonly ProcStat[],
  shell: ProcessSummary,
  self: ProcStat,
  all: ReadonlyMap<number, ProcStat>,
): ProcStat[][] {
  const children = processes.filter((one) => one.ppid === shell.pid);
  return children.filter((one) => !descends(self, one.pid, all)).map((one) => [one]);
}

function describe(
  members: readonly ProcStat[],
  shell: ProcessSummary,
  all: ReadonlyMap<number, ProcStat>,
): ShellJob | undefined {
  const sorted = [...members].sort(byAge);
  const first = sorted.find((one) => one.pid === one.pgid) ?? sorted[0];
  // The shell around this one is not a job of it.
  if (descends(shell, first.pid, all)) return undefined;
  const report = inspectProcess(first.pid);
  if (!report) return undefined;
  return {
    pgid: first.pgid,
    state: stateOf(sorted),
    managed: sorted.some((one) => descends(one, shell.pid, all)),
    pids: sorted.map((one) => one.pid),
    report,
  };
}

function stateOf(members: readonly ProcStat[]): ShellJob["state"] {
  if (members.every(({ state, threads }) => state === "Z" && threads <= 1)) return "ended";
  if (members.some(({ state }) => state === "T")) return "stopped";
  return members[0].foregroundPgid === members[0].pgid ? "foreground" : "running";
}

/** Whether `pid` is the process itself or one of its ancestors. */
function descends(
  from: { pid: number; ppid: number },
  pid: number,
  all: ReadonlyMap<number, ProcStat>,
): boolean {
  let one: { pid: number; ppid: number } | undefined = from;
  for (let i = 0; one && i < MAX_ANCESTORS; i++) {
    if (one.pid === pid) return true;
    one = all.get(one.ppid);
  }
  return false;
}
