import { isKernelThread } from "../inspect/role.ts";
import { disposition, signalNames } from "../inspect/program.ts";
import { maySignal } from "../libc/processes/signals.ts";
import { type Ending, endingOf } from "../libc/processes/wait.ts";
import { type BootClock, bootClock, cpuTime, startTime } from "../procfs/boot.ts";
import { readCmdline } from "../procfs/cmdline.ts";
import { orUndefined } from "../procfs/read.ts";
import { readWchan } from "../procfs/waiting.ts";
import { isZombie, type ProcStat } from "../procfs/stat.ts";
import { lastCpu, lastRun, readStatus } from "../procfs/status.ts";
import { Family } from "./family.ts";
import { Kinds } from "./kinds.ts";
import { type PidRoom, readPidRoom } from "./pid_room.ts";
import { type Cause, causeOf, type NeglectfulParent } from "./zombie_cause.ts";
import { onCpu } from "../libc/processes/affinity.ts";
import { readExitStatus } from "../inspect/read_facts.ts";

/** Every zombie that /proc shows, by parent. */
export interface ZombieReport {
  readonly count: number;
  /** Zombies that were not asked for. */
  readonly others: number;
  /** PIDs that were asked for and do not exist. */
  readonly missing: readonly number[];
  readonly parents: readonly ParentOfZombies[];
  readonly pids: PidRoom;
}

export interface ParentOfZombies {
  readonly pid: number;
  /** Null if it is outside our PID namespace, or has ended since. */
  readonly parent: NeglectfulParent | null;
  readonly count: number;
  /** At most as many as asked for. */
  readonly zombies: readonly Zombie[];
  readonly cause: Cause;
}

export interface Zombie {
  readonly pid: number;
  readonly comm: string;
  readonly startTicks: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Milliseconds since it ended; null if the kernel does not say. */
  readonly endedAgo: number | null;
  /** Null if the kernel does not show it to us: another user's process. */
  readonly ending: Ending | null;
  /** Milliseconds of CPU time. */
  readonly cpuMs: number;
  /** A debugger that must wait for it before its parent can. */
  readonly tracer: number;
}

/**
 * @param only PIDs of zombies or of their parents; left out: all
 * @param most how many zombies of each parent to describe; the rest is counted
 */
export function readZombies(
  only: readonly number[] = [],
  most = Infinity,
  family = Family.read(),
): ZombieReport {
  const kinds = new Kinds(family);
  const wanted = (one: ProcStat) =>
    only.length === 0 || only.includes(one.pid) || only.includes(one.ppid);
  const all = [...family.all.values()].filter(isZombie);
  const found = all.filter(wanted);
  const clock = bootClock();
  const parents = [...Map.groupBy(found, ({ ppid }) => ppid)].map(([pid, children]) => {
    const listed = children.slice(0, most);
    const ages = readZombieAges(listed.map((child) => child.pid));
    const zombies = listed.map((child) => describe(child, ages.get(child.pid), clock));
    const parent = readParent(pid, children[0], kinds, clock);
    return { pid, parent, count: children.length, zombies, cause: causeOf(parent, zombies) };
  });
  return {
    count: found.length,
    others: all.length - found.length,
    missing: only.filter((pid) => !family.get(pid)),
    parents,
    pids: readPidRoom(family),
  };
}

function describe(stat: ProcStat, age: number | undefined, clock: BootClock): Zombie {
  const exitStatus = orUndefined(readExitStatus(stat));
  return {
    pid: stat.pid,
    comm: stat.comm,
    startTicks: stat.startTicks,
    startedAt: startTime(stat, clock),
    endedAgo: age === undefined ? null : Math.round(age),
    ending: exitStatus === undefined ? null : endingOf(exitStatus),
    cpuMs: cpuTime(stat),
    tracer: orUndefined(readStatus(stat.pid))?.tracer ?? 0,
  };
}

function readParent(
  pid: number,
  child: ProcStat,
  kinds: Kinds,
  clock: BootClock,
): NeglectfulParent | null {
  const stat = kinds.family.get(pid);
  if (!stat) return null;
  const status = orUndefined(readStatus(pid));
  const living = kinds.family.children(pid).filter((one) => !isZombie(one));
  return {
    pid,
    comm: stat.comm,
    command: orUndefined(readCmdline(pid)) ?? [],
    uid: status?.uids.real ?? null,
    state: stat.state,
    startTicks: stat.startTicks,
    startedAt: startTime(stat, clock),
    role: kinds.parentOf(child)?.role ?? "other",
    kernelThread: isKernelThread(stat),
    livingChildren: living.length,
    sigchld: status ? disposition(signalNames(status.signals), "CHLD") : null,
    reachable: maySignal(pid),
    waiting: isWaiting(pid),
  };
}

/** Null if it is running, or if imp may not know. */
function isWaiting(pid: number): boolean | null {
  const place = readWchan(pid);
  return place === undefined ? null : place === "do_wait";
}

/**
 * How long ago zombies ended, in milliseconds; those for which it cannot be known are missing.
 *
 * /proc has no such time: field 22 of stat is the start. But a zombie has not run since it ended, and the scheduler
 * records when a process last ran, on the clock of its CPU. imp reads that clock's current value from itself while it
 * runs there. The clock leaves out time stolen by a hypervisor and time in suspend, so the true age may be a little
 * greater.
 */
function readZombieAges(pids: readonly number[]): Map<number, number> {
  const known = pids.flatMap((pid) => {
    const cpu = lastCpu(pid);
    const ran = lastRun(pid);
    return cpu === undefined || ran === undefined ? [] : [{ pid, cpu, ran }];
  });
  const ages = new Map<number, number>();
  for (const [cpu, zombies] of Map.groupBy(known, (zombie) => zombie.cpu)) {
    const now = onCpu(cpu, () => lastRun("self"));
    if (now === undefined) continue;
    // imp's own number is as old as the last tick, so it may lie before that of what ended just now.
    for (const { pid, ran } of zombies) ages.set(pid, Math.max(0, now - ran));
  }
  return ages;
}
