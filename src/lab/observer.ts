import { closePidfd, exitOf, openPidfd } from "../libc/processes/pidfd.ts";
import { signalName } from "../libc/processes/signals.ts";
import { describeEnding, type Ending, endingOf, tryWait } from "../libc/processes/wait.ts";
import { childrenOf } from "../procfs/processes.ts";
import { orUndefined, readProcText } from "../procfs/read.ts";
import { type ProcStat, readStat } from "../procfs/stat.ts";
import { ttyName } from "../procfs/terminals.ts";
import { type Facts, type Moment, UNTOLD, type What } from "./rules.ts";
import { LineSplitter } from "../base/line_splitter.ts";

/** A finding of one look at the processes. */
export interface Observation {
  readonly pid: number;
  readonly what: What;
  readonly text: string;
  readonly moment: Moment | null;
  readonly facts?: Facts;
}

interface Watched {
  readonly pid: number;
  readonly startTicks: number;
  /** Keeps the exit status, on kernels that report it. */
  readonly pidfd: number;
  /** Started by this process, which therefore waits for it. */
  readonly ours: boolean;
  ppid: number;
  is: "alive" | "ended" | "zombie" | "gone";
  endedAt: number;
  ending: string;
}

/** A process counts as a zombie once it has been dead and unreaped for this long, milliseconds. */
const ZOMBIE_MS = 40;
/** How the guards of imp's commands and of its library call themselves. */
const GUARD = /(^|\0)imp-[a-z]+-guard\0/;

/** Observes processes and finds their children. Nothing here ever waits. */
export class ProcessObserver {
  private readonly watched = new Map<number, Watched>();
  /** Guards, which are not part of any play. */
  private readonly guards = new Set<number>();

  /** @param self the observing process */
  constructor(private readonly self: number) {}

  /** Starts observing a process. @returns what was found; nothing if it was known or does not exist */
  add(pid: number): Observation[] {
    const stat = readStat(pid);
    if (!stat || this.watched.has(pid)) return [];
    this.watched.set(pid, {
      pid,
      startTicks: stat.startTicks,
      pidfd: openPidfd(pid),
      ours: stat.ppid === this.self,
      ppid: stat.ppid,
      is: "alive",
      endedAt: 0,
      ending: "",
    });
    return [{ pid, what: "starts", text: "", moment: momentOf(stat) }];
  }

  knows(pid: number): boolean {
    return this.watched.has(pid);
  }

  /** Whether it is known and has not been seen to end. */
  isAlive(pid: number): boolean {
    return this.watched.get(pid)?.is === "alive";
  }

  alive(): number[] {
    return [...this.watched.values()].filter(({ is }) => is === "alive").map(({ pid }) => pid);
  }

  /** Children of known processes that are not known themselves. */
  newcomers(): Observation[] {
    const found: Observation[] = [];
    // The map grows during the iteration.
    for (const { pid, is } of this.watched.values()) {
      if (is !== "alive") continue;
      const words = wordsOf(pid);
      for (const child of childrenOf(pid)) {
        if (this.watched.has(child) || this.guards.has(child)) continue;
        const own = wordsOf(child);
        // Between fork and exec its words are its parent's, and for a moment empty.
        if (own === words || own === "" && !isZombie(child)) continue;
        if (GUARD.test(own)) this.guards.add(child);
        else found.push(...this.add(child));
      }
    }
    return found;
  }

  /**
   * Changes of known processes: ends of children before those of their parents, then the adoptions that they have
   * caused.
   */
  changes(now: number): Observation[] {
    const found = [...this.watched.values()].toReversed().flatMap((one) => this.look(one, now));
    const isAdoption = ({ what }: Observation) => what === "adopted";
    return [...found.filter((one) => !isAdoption(one)), ...found.filter(isAdoption)];
  }

  /** Reaps the children of this process. */
  reap(): void {
    for (const one of this.watched.values()) {
      if (one.ours && one.is !== "gone" && tryWait(one.pid) !== "running") one.is = "gone";
    }
  }

  close(): void {
    for (const { pidfd } of this.watched.values()) if (pidfd >= 0) closePidfd(pidfd);
  }

  private look(one: Watched, now: number): Observation[] {
    if (one.is === "gone") return [];
    const stat = readStat(one.pid);
    if (!stat || stat.startTicks !== one.startTicks || stat.state === "X") return goneNow(one);
    if (stat.state === "Z" && stat.threads <= 1) return this.lookAtEnded(one, stat, now);
    if (stat.ppid === one.ppid) return [];
    const text = `by ${stat.ppid} instead of ${one.ppid}`;
    one.ppid = stat.ppid;
    return [{ pid: one.pid, what: "adopted", text, moment: momentOf(stat) }];
  }

  private lookAtEnded(one: Watched, stat: ProcStat, now: number): Observation[] {
    const found: Observation[] = [];
    const moment = momentOf(stat);
    const reaped = one.ours ? tryWait(one.pid) : undefined;
    if (one.is === "alive") {
      const ending = typeof reaped === "object" ? reaped.ending : endingOf(stat.exitStatus);
      one.is = "ended";
      one.endedAt = now;
      one.ending = describeEnding(ending);
      found.push({ pid: one.pid, what: "ends", text: one.ending, moment, facts: factsOf(ending) });
    }
    if (one.ours) {
      one.is = "gone";
      return found;
    }
    if (one.is === "ended" && now - one.endedAt >= ZOMBIE_MS) {
      one.is = "zombie";
      found.push({ pid: one.pid, what: "zombie", text: `waits for ${stat.ppid}`, moment });
    }
    if (stat.ppid !== one.ppid) {
      const text = `by ${stat.ppid} instead of ${one.ppid}`;
      one.ppid = stat.ppid;
      found.push({ pid: one.pid, what: "adopted", text, moment });
    }
    return found;
  }
}

/** The command line, its words separated by NUL; empty for zombies. */
function wordsOf(pid: number): string {
  return orUndefined(readProcText(`/proc/${pid}/cmdline`)) ?? "";
}

/** A zombie that was never seen alive; a guard is a shell by then, and not part of the play. */
function isZombie(pid: number): boolean {
  const stat = readStat(pid);
  return stat?.state === "Z" && stat.comm !== "sh";
}

/** The current state in /proc. */
export function momentNow(pid: number): Moment | null {
  const stat = readStat(pid);
  return stat ? momentOf(stat) : null;
}

function goneNow(one: Watched): Observation[] {
  const before = one.is;
  one.is = "gone";
  if (before === "zombie") {
    return [{ pid: one.pid, what: "gone", text: "waited for", moment: null }];
  }
  if (before === "ended") return [];
  const ending = one.pidfd >= 0 ? exitOf(one.pidfd) : undefined;
  one.ending = ending ? describeEnding(ending) : UNTOLD;
  const facts = ending ? { facts: factsOf(ending) } : {};
  return [{ pid: one.pid, what: "ends", text: one.ending, moment: null, ...facts }];
}

/** A decoded wait status. */
function factsOf(ending: Ending): Facts {
  return ending.how === "exit"
    ? { code: ending.code, signal: null, core: false }
    : { code: null, signal: signalName(ending.signal), core: ending.core };
}

function momentOf(stat: ProcStat): Moment {
  const { state, ppid, pgid, sid, ttyNumber } = stat;
  return { state, ppid, pgid, sid, tty: ttyName(ttyNumber) ?? null };
}

/** A line and its writer. */
export interface Line {
  readonly pid: number;
  readonly text: string;
}

const decoder = new TextDecoder();

/** Assembles lines from pieces: several processes write to the same socket, and their pieces interleave. */
export class SocketLines {
  private readonly writers = new Map<number, LineSplitter>();

  /** @returns the lines that the piece completes */
  take(pid: number, bytes: Uint8Array): Line[] {
    const writer = this.writers.getOrInsertComputed(pid, () => new LineSplitter());
    return told(pid, writer.take(bytes));
  }

  /** Text that did not end with a newline. */
  rest(): Line[] {
    return [...this.writers].flatMap(([pid, writer]) => told(pid, writer.end()));
  }
}

function told(pid: number, lines: readonly Uint8Array[]): Line[] {
  return lines.map((line) => ({ pid, text: decoder.decode(line) }));
}
