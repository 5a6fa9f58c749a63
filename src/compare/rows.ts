import type { ParentFacts, ProcessFacts } from "../inspect/facts.ts";
import type { OpenFile, TargetKind } from "../procfs/fds.ts";
import type { StartEntry } from "./record.ts";
import type { StyleName } from "./styles.ts";
import type { ComparedShell } from "./shells.ts";
import { runtime } from "../runtime/mod.ts";

/** How the terminal ends: somebody closes it, or exits its shell. */
export const ENDINGS = ["close", "exit"] as const;
export type TerminalEnding = (typeof ENDINGS)[number];

/** The result of a comparison. */
export interface Comparison {
  readonly shell: ComparedShell;
  readonly shellPath: string;
  readonly by: TerminalEnding;
  /** The program and its arguments; null for imp's own probe. */
  readonly program: readonly string[] | null;
  readonly rows: readonly Row[];
}

/** The result for one style. */
export type Row = UnmeasuredRow | StartedRow | MeasuredRow;

/** The style could not be started. */
export interface UnmeasuredRow {
  readonly is: "unmeasured";
  readonly style: StyleName;
  readonly why: string;
}

/** It was started, but its terminal could not be ended. */
export interface StartedRow extends Omit<UnmeasuredRow, "is"> {
  readonly is: "started";
  readonly shell: Picture;
  readonly before: Picture;
  /** The probe's own account; null for other programs. */
  readonly inside: StartEntry | null;
}

export interface MeasuredRow extends Omit<StartedRow, "is" | "why"> {
  readonly is: "measured";
  /** How the shell ended: `killed by HUP`, `exit 0`. */
  readonly shellEnded: string;
  /** How often `exit` had to be typed; 0 when the terminal was closed. */
  readonly exits: number;
  readonly after: Aftermath;
}

/** The kernel's view of a process at one time. */
export interface Picture {
  readonly pid: number;
  readonly comm: string;
  /** Stopped by a signal, such as TTIN for a background job that reads from the terminal. */
  readonly stopped: boolean;
  readonly ppid: number;
  readonly parent: Pick<ParentFacts, "pid" | "comm" | "role"> | null;
  readonly pgid: number;
  readonly sid: number;
  readonly leads: "session" | "group" | "nothing";
  /** Controlling terminal. */
  readonly tty: string | null;
  readonly foreground: boolean;
  readonly cwd: string | null;
  readonly umask: number | null;
  /** Descriptors 0, 1 and 2; null where closed. */
  readonly streams: readonly (StreamTarget | null)[];
  /** Descriptors from 3 on, without those that a runtime made for itself. */
  readonly others: readonly (StreamTarget & { readonly fd: number })[];
  /** What it does about SIGHUP. */
  readonly hangup: "default" | "ignored" | "caught";
}

export interface StreamTarget {
  readonly target: string;
  readonly kind: TargetKind;
  /** The other end of the terminal is gone, or the file has no name any more. */
  readonly gone: boolean;
}

/** What had become of a process once its terminal was gone. */
export interface Aftermath {
  readonly alive: boolean;
  /** Null if it has ended. */
  readonly picture: Picture | null;
  /** Signals it got; null for a program that imp sees only from outside. */
  readonly signals: readonly string[] | null;
  /** The signal that ended it, according to its last entry; null if there is none. */
  readonly endedBy: string | null;
  /** Running processes that it had started. */
  readonly descendants: number;
  readonly output: OutputFate;
}

/** Where its standard output went. */
export interface OutputFate {
  /** Descriptor 1 before the end; null if closed. */
  readonly to: StreamTarget | null;
  /** Lines of the probe that appeared on the terminal; null for other programs. */
  readonly onTerminal: number | null;
  /** Results of the probe's writes, by `ok` or errno name; null for other programs. */
  readonly before: Readonly<Record<string, number>> | null;
  readonly after: Readonly<Record<string, number>> | null;
  /** If it is a file: its size once the terminal was gone, and at last. */
  readonly file: { readonly bytesThen: number; readonly bytesNow: number } | null;
}

/** What a style achieves, in one word. */
export type Fate =
  /** It did not outlive the terminal. */
  | "ended"
  /** It runs, and its output reaches a file. */
  | "kept output"
  /** It runs, but its output goes to the terminal that is gone. */
  | "lost terminal"
  /** It runs, its output goes to no file, nothing fails. */
  | "silent"
  /** It runs and has nothing in common with the shell. */
  | "daemon";

/** Judges one row by its measurements, whatever its style promises. */
export function fateOf({ before, after, shell }: MeasuredRow): Fate {
  if (!after.alive) return "ended";
  const { to, after: results } = after.output;
  const failed = Object.keys(results ?? {}).some((result) => result !== "ok");
  if (to?.kind === "terminal" || failed) return "lost terminal";
  const parted = before.sid !== shell.sid && before.tty === null && before.ppid !== shell.pid &&
    before.cwd !== shell.cwd && before.streams.every((stream) => stream?.kind !== "terminal");
  if (parted) return "daemon";
  return to?.kind === "file" || to?.kind === "pipe" ? "kept output" : "silent";
}

/**
 * What a comparison shows of a process.
 * @param inside the probe's own record: it catches signals and has a runtime, so only that tells what it was started
 *   with
 */
export function pictureOf(facts: ProcessFacts, inside?: StartEntry): Picture {
  const { pid, comm, ppid, parent, pgid, sid, tty, foreground, cwd, umask, fds } = facts;
  const others = fds.filter((file) => file.fd > 2 && !(inside && isOfRuntime(file)));
  return {
    pid,
    comm,
    stopped: facts.state === "T",
    ppid,
    parent: parent && { pid: parent.pid, comm: parent.comm, role: parent.role },
    pgid,
    sid,
    leads: facts.sessionLeader ? "session" : facts.groupLeader ? "group" : "nothing",
    tty,
    foreground,
    cwd,
    umask,
    streams: [0, 1, 2].map((number) => {
      const file = fds.find(({ fd }) => fd === number);
      return file ? stream(file) : null;
    }),
    others: others.map((file) => ({ fd: file.fd, ...stream(file) })),
    hangup: hangup(facts, inside),
  };
}

function hangup({ signals }: ProcessFacts, inside?: StartEntry): Picture["hangup"] {
  if (inside) return inside.ignored.includes("HUP") ? "ignored" : "default";
  if (signals.ignored.includes("HUP")) return "ignored";
  return signals.caught.includes("HUP") ? "caught" : "default";
}

/** Whether the probe's runtime opened it. Bun also marks inherited ones close-on-exec, so that flag would not tell. */
function isOfRuntime({ kind, flags }: OpenFile): boolean {
  return kind === "anonymous" || (runtime.name === "deno" && flags.includes("cloexec"));
}

function stream({ target, kind, deleted }: OpenFile): StreamTarget {
  return { target, kind, gone: deleted };
}
