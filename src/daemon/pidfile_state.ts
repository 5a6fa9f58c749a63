// Pure decisions about pidfiles; pidfile.ts acts on them.

/** Identifies one process for ever: a PID alone is used again, and start times count from boot. */
export interface Identity {
  readonly pid: number;
  /** Clock ticks from boot to its start. */
  readonly startTicks: number;
  readonly bootId: string;
}

/** What is known about a pidfile whose lock nobody holds. */
export interface UnlockedEvidence {
  /** The file's text. */
  readonly text: string;
  /** When it was written, milliseconds since 1970. */
  readonly modified: number;
  /** What imp kept beside it. */
  readonly kept?: Identity;
  /** The process that has this PID now. */
  readonly process?: {
    readonly state: string;
    readonly startTicks: number;
    /** Milliseconds since 1970. */
    readonly startedAt: number;
  };
  readonly bootId?: string;
}

export type PidfileState =
  /** Nobody's: may be taken over. */
  | { readonly is: "stale"; readonly because: string }
  /** Its process runs, though it no longer holds the lock. */
  | { readonly is: "running"; readonly pid: number; readonly certain: boolean }
  /** Not a pidfile: must not be touched. */
  | { readonly is: "foreign" };

/** Start times are exact to a tick, but the boot time they are counted from only to a second. */
const CLOCK_SLACK_MS = 2000;

/** What an unlocked pidfile stands for. */
export function judgeUnlocked(evidence: UnlockedEvidence): PidfileState {
  const { text, kept, process, bootId } = evidence;
  if (text.trim() === "") return { is: "stale", because: "it is empty" };
  const pid = parsePid(text);
  if (pid === undefined) return { is: "foreign" };
  if (!process) return { is: "stale", because: `no process ${pid} exists` };
  if (process.state === "Z" || process.state === "X") {
    return { is: "stale", because: `process ${pid} has ended` };
  }
  if (kept?.pid === pid) return judgeByIdentity(kept, process.startTicks, bootId);
  if (process.startedAt > evidence.modified + CLOCK_SLACK_MS) {
    return {
      is: "stale",
      because: `PID ${pid} was given to a process that is younger than the file`,
    };
  }
  return { is: "running", pid, certain: false };
}

function judgeByIdentity(kept: Identity, startTicks: number, bootId?: string): PidfileState {
  if (bootId !== undefined && kept.bootId !== bootId) {
    return { is: "stale", because: "it was written before the machine was booted" };
  }
  if (kept.startTicks !== startTicks) {
    return { is: "stale", because: `PID ${kept.pid} was given to another process since` };
  }
  return { is: "running", pid: kept.pid, certain: true };
}

/** The PID in a pidfile's text: one decimal number and white space, nothing else. */
export function parsePid(text: string): number | undefined {
  const match = /^\s*(\d{1,10})\s*$/.exec(text);
  const pid = match ? Number(match[1]) : 0;
  return pid > 0 ? pid : undefined;
}

export function formatIdentity({ pid, startTicks, bootId }: Identity): string {
  return `${pid} ${startTicks} ${bootId}\n`;
}

/** The reverse of {@link formatIdentity}; undefined for text that was cut off or is something else. */
export function parseIdentity(text: string): Identity | undefined {
  const match = /^(\d+) (\d+) ([0-9a-f-]+)\n$/.exec(text);
  return match
    ? { pid: Number(match[1]), startTicks: Number(match[2]), bootId: match[3] }
    : undefined;
}
