import { exitOf } from "../libc/processes/exit_info.ts";
import { closePidfd, openPidfd } from "../libc/processes/pidfd.ts";
import { signalName } from "../libc/processes/signals.ts";
import { describeEnding, type Ending, endingOf, tryWait } from "../libc/processes/wait.ts";
import { childrenOf } from "../procfs/processes.ts";
import { orUndefined, readProcText } from "../procfs/read.ts";
import { type ProcStat, readStat } from "../procfs/stat.ts";
import { ttyName } from "../procfs/terminals.ts";
import { type Facts, type Moment, UNTOLD, type What } from "./rules.ts";
import { LineSplitter } from "../base/line_splitter.ts";

/** Something that a look at the processes has found. */
export interface Observation {
  readonly pid: number;
  readonly what: What;
  readonly text: string;
  readonly moment: Moment | null;
  readonly facts?: Facts;
}

/** One process under observation. */
interface Watched {
  readonly pid: number;
  readonly startTicks: number;
  /** Keeps how it ended, on kernels that tell. */
  readonly pidfd: number;
  /** Started by this process, which therefore waits for it. */
  readonly ours: boolean;
  ppid: number;
  is: "alive" | "ended" | "zombie" | "gone";
  endedAt: number;
  ending: string;
}

/** From this long on, a process that has ended and is still there counts as a zombie, milliseconds. */
const ZOMBIE_MS = 40;
/** How the guards of imp's commands and of its library call themselves. */
const GUARD = /(^|\0)imp-[a-z]+-guard\0/;

/** Observes processes and finds their children. Nothing here ever waits. */
export class ProcessObserver {
  private readonly watched = new Map<number, Watched>();
  /** Guards, which are no part of any play. */
  private readonly guards = new Set<number>();

  /** @param self the process that observes */
  constructor(private readonly self: number) {}

  /** Takes a process under observation. @returns what was found; nothing when it was known or is not there */
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

  /** How it ended, `exit 0`; undefined while it lives. */
  endingOf(pid: number): string | undefined {
    const one = this.watched.get(pid);
    return one && one.is !== "alive" ? one.ending : undefined;
  }

  /** The processes that have not been seen to end. */
  alive(): number[] {
    return [...this.watched.values()].filter(({ is }) => is === "alive").map(({ pid }) => pid);
  }

  /** Children of those that are known and not known themselves. */
  newcomers(): Observation[] {
    const found: Observation[] = [];
    // It grows while it is walked.
    for (const { pid, is } of this.watched.values()) {
      if (is !== "alive") continue;
      const words = wordsOf(pid);
      for (const child of childrenOf(pid)) {
        if (this.watched.has(child) || this.guards.has(child)) continue;
        const own = wordsOf(child);
        // Between fork and exec it looks like its parent, and for a moment like nobody.
        if (own === words || own === "" && !isZombie(child)) continue;
        if (GUARD.test(own)) this.guards.add(child);
        else found.push(...this.add(child));
      }
    }
    return found;
  }

  /**
   * What has changed with those that are known: ends of children before those of their parents, and adoptions, which
   * these have brought about, after them.
   */
  changes(now: number): Observation[] {
    const found = [...this.watched.values()].toReversed().flatMap((one) => this.look(one, now));
    const isAdoption = ({ what }: Observation) => what === "adopted";
    return [...found.filter((one) => !isAdoption(one)), ...found.filter(isAdoption)];
  }

  /** Reaps what this process has started. */
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

/** A zombie that was never seen alive; a guard, which is a shell then, is none of the play's. */
function isZombie(pid: number): boolean {
  const stat = readStat(pid);
  return stat?.state === "Z" && stat.comm !== "sh";
}

/** What /proc says of a process now. */
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

/** A wait status taken apart. */
function factsOf(ending: Ending): Facts {
  return ending.how === "exit"
    ? { code: ending.code, signal: null, core: false }
    : { code: null, signal: signalName(ending.signal), core: ending.core };
}

function momentOf(stat: ProcStat): Moment {
  const { state, ppid, pgid, sid, ttyNumber } = stat;
  return { state, ppid, pgid, sid, tty: ttyName(ttyNumber) ?? null };
}

/** A line and who wrote it. */
export interface Line {
  readonly pid: number;
  readonly text: string;
}

const decoder = new TextDecoder();

/** Makes lines of pieces: several processes write to the same socket, each for itself. */
export class SocketLines {
  private readonly writers = new Map<number, LineSplitter>();

  /** @returns the lines that the piece completes */
  take(pid: number, bytes: Uint8Array): Line[] {
    const writer = this.writers.getOrInsertComputed(pid, () => new LineSplitter());
    return told(pid, writer.take(bytes));
  }

  /** What was begun and not ended by a newline. */
  rest(): Line[] {
    return [...this.writers].flatMap(([pid, writer]) => told(pid, writer.end()));
  }
}

function told(pid: number, lines: readonly Uint8Array[]): Line[] {
  return lines.map((line) => ({ pid, text: decoder.decode(line) }));
}
