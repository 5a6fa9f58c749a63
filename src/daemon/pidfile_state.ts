// Pure decisions about pidfiles; pidfile.ts acts on them.
import { parseStat } from "../procfs/stat.ts";

/** Identifies one process forever: PIDs are reused, and start times count from boot. */
export interface Identity {
  readonly pid: number;
  /** Clock ticks from boot to its start. */
  readonly startTicks: number;
  readonly bootId: string;
}

/** A process as /proc shows it. */
export interface Shown {
  readonly state: string;
  readonly startTicks: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** What is known about a pidfile whose lock nobody holds. */
export interface UnlockedEvidence {
  /** The file's text. */
  readonly text: string;
  /** When it was written, milliseconds since 1970. */
  readonly modified: number;
  /** What imp recorded about the daemon. */
  readonly kept?: Identity;
  /** The process that has this PID now. */
  readonly process?: Shown;
  readonly bootId?: string;
}

export type PidfileState =
  /** Nobody's: may be taken over. */
  | { readonly is: "stale"; readonly because: string }
  /** Its process runs, although it no longer holds the lock. */
  | { readonly is: "running"; readonly pid: number; readonly certain: boolean }
  /** Not a pidfile: must not be touched. */
  | { readonly is: "foreign" };

/** Start times are exact to a tick, but the boot time they count from only to a second. */
const CLOCK_SLACK_MS = 2000;

/** What an unlocked pidfile stands for. */
export function judgeUnlocked(evidence: UnlockedEvidence): PidfileState {
  const { text, kept, process, bootId } = evidence;
  if (text.trim() === "") return { is: "stale", because: "it is empty" };
  const pid = parsePid(text);
  if (pid === undefined) return { is: "foreign" };
  if (kept?.pid === pid) return judgeIdentity(kept, process, bootId);
  const ended = hasEnded(pid, process);
  if (ended) return ended;
  if (process!.startedAt > evidence.modified + CLOCK_SLACK_MS) {
    return {
      is: "stale",
      because: `PID ${pid} was given to a process that is younger than the file`,
    };
  }
  return { is: "running", pid, certain: false };
}

/** Whether the recorded process is the one that has its PID now. */
export function judgeIdentity(
  noted: Identity,
  process: Shown | undefined,
  bootId: string | undefined,
): PidfileState {
  const { pid } = noted;
  const ended = hasEnded(pid, process);
  if (ended) return ended;
  if (bootId !== undefined && noted.bootId !== bootId) {
    return { is: "stale", because: "it was written before the machine was booted" };
  }
  if (noted.startTicks !== process!.startTicks) {
    return { is: "stale", because: `PID ${pid} was given to another process since` };
  }
  return { is: "running", pid, certain: true };
}

function hasEnded(pid: number, process: Shown | undefined): PidfileState | undefined {
  if (!process) return { is: "stale", because: `no process ${pid} exists` };
  if (process.state !== "Z" && process.state !== "X") return undefined;
  return { is: "stale", because: `process ${pid} has ended` };
}

/** The PID in a pidfile's text: one decimal number and white space, nothing else. */
export function parsePid(text: string): number | undefined {
  const match = /^\s*(\d{1,10})\s*$/.exec(text);
  const pid = match ? Number(match[1]) : 0;
  return pid > 0 ? pid : undefined;
}

/** The content of a lock file. */
export type Note =
  /** It was created, and its creator was killed before writing anything. */
  | { readonly is: "empty" }
  /** Without identity, no daemon has been started since. */
  | { readonly is: "imp's"; readonly identity?: Identity }
  | { readonly is: "foreign" };

const FIRST_LINE = "imp daemon lock 1";

/** The head of a lock file. The daemon appends a copy of its /proc/PID/stat. */
export function formatNoteHead(bootId: string | undefined): string {
  return `${FIRST_LINE}\n${bootId ?? "-"}\n`;
}

/** Parses what {@link formatNoteHead} and the daemon have written; truncated text says nothing. */
export function parseNote(text: string): Note {
  if (text === "") return { is: "empty" };
  const match = /^([^\n]*)\n(?:([0-9a-f-]+)\n)?/.exec(text);
  if (match?.[1] !== FIRST_LINE) return { is: "foreign" };
  const stat = match[2] === undefined ? undefined : parseStat(text.slice(match[0].length));
  if (stat === undefined) return { is: "imp's" };
  const { pid, startTicks } = stat;
  return { is: "imp's", identity: { pid, startTicks, bootId: match[2] } };
}

/** What imp 0.1 kept in FILE.imp; undefined if truncated or something else. */
export function parseIdentity(text: string): Identity | undefined {
  const match = /^(\d+) (\d+) ([0-9a-f-]+)\n$/.exec(text);
  return match
    ? { pid: Number(match[1]), startTicks: Number(match[2]), bootId: match[3] }
    : undefined;
}
