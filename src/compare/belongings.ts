import { SIGKILL } from "../libc/abi.ts";
import { ImpError } from "../base/errors.ts";
import { SignalTarget } from "../family/signal_target.ts";
import { isZombie } from "../inspect/kind.ts";
import { runtime } from "../runtime/mod.ts";
import { ownPid } from "../libc/processes/process.ts";
import { readVariable } from "../procfs/environ.ts";
import { listPids, snapshot } from "../procfs/processes.ts";
import { type ProcStat, readStat } from "../procfs/stat.ts";
import { TAG_VARIABLE } from "./shells.ts";

/** A process, named for ever: its PID may be used again, but not with the same start. */
export interface ProcessName {
  readonly pid: number;
  readonly startTicks: number;
}

/** What a comparison has started can be told by these. */
export interface Marks {
  /** Their {@link TAG_VARIABLE} begins with it. */
  readonly token: string;
  /** Sessions made for the comparison: whoever is in one belongs to it, whatever its environment says now. */
  readonly sessions: readonly number[];
}

const PAUSE_MS = 15;
const ROUNDS = 100;
/** Rounds in a row that find nothing: a process between fork and exec carries no tag yet. */
const QUIET_ROUNDS = 4;

/** The tag in a process' environment; undefined when there is none, or it may not be read. */
export function readTag(pid: number): string | undefined {
  return readVariable(pid, TAG_VARIABLE);
}

/** Whether the process still exists and is no zombie. */
export function isAlive({ pid, startTicks }: ProcessName): boolean {
  const stat = readStat(pid);
  return stat !== undefined && stat.startTicks === startTicks && !isZombie(stat);
}

/**
 * The PIDs of those who carry exactly this tag, older ones first.
 * @param passOver processes that are known to have been there before
 */
export function carriers(tag: string, passOver: ReadonlySet<number> = new Set()): ProcStat[] {
  const found: ProcStat[] = [];
  for (const pid of listPids()) {
    if (passOver.has(pid) || readTag(pid) !== tag) continue;
    const stat = readStat(pid);
    if (stat && !isZombie(stat)) found.push(stat);
  }
  return found.sort((a, b) => a.startTicks - b.startTicks || a.pid - b.pid);
}

/**
 * Kills everything that belongs to a comparison, until nothing is found any more.
 * @returns false when something does not end
 */
export async function endBelongings(marks: Marks): Promise<boolean> {
  let quiet = 0;
  for (let round = 0; round < ROUNDS && quiet < QUIET_ROUNDS; round++) {
    const found = belongings(marks, snapshot(), readTag);
    for (const name of found) kill(name);
    quiet = found.length === 0 ? quiet + 1 : 0;
    await runtime.sleep(PAUSE_MS);
  }
  return quiet === QUIET_ROUNDS;
}

/** Those marked, and their descendants; not this process itself, and not who has ended. */
export function belongings(
  { token, sessions }: Marks,
  processes: ReadonlyMap<number, ProcStat>,
  tag: (pid: number) => string | undefined,
): ProcStat[] {
  const own = new Map<number, boolean>([[ownPid(), false], [0, false], [1, false]]);
  const isOwn = ({ pid, sid, ppid }: ProcStat): boolean => {
    const known = own.get(pid);
    if (known !== undefined) return known;
    // Stands while the parent is being judged: a snapshot is no instant and could hold a circle.
    own.set(pid, false);
    const parent = processes.get(ppid);
    const marked = sessions.includes(sid) || (tag(pid)?.startsWith(token) ?? false);
    const result = marked || (parent !== undefined && isOwn(parent));
    own.set(pid, result);
    return result;
  };
  return [...processes.values()].filter((stat) => !isZombie(stat) && isOwn(stat));
}

function kill(name: ProcessName): void {
  const target = SignalTarget.open(name);
  try {
    target?.signal(SIGKILL);
  } catch (error) {
    // EPERM: it has become another user's. It will be found again and told about in the end.
    if (!(error instanceof ImpError)) throw error;
  } finally {
    target?.close();
  }
}
