import type { Bytes } from "../libc/processes/spawn.ts";
import type { Ending } from "../libc/processes/wait.ts";
import { isInit, ownPid } from "../libc/processes/process.ts";
import { readCmdline } from "../procfs/cmdline.ts";
import { Unreadable } from "../procfs/read.ts";
import { procShowsUs } from "../procfs/shows_us.ts";
import { listTree } from "../termination/look.ts";
import type { Scope } from "../termination/scope.ts";

/** The settings of `imp init`, or of a program that it stands in for. */
export interface InitSettings {
  readonly words: readonly Bytes[];
  /** Signals go to the program's whole process group, which is then always its own. */
  readonly toGroup: boolean;
  /** Adopts orphans if this process is not PID 1. */
  readonly subreaper: boolean;
  /** Signal numbers; 0 drops the signal. */
  readonly rewrites: ReadonlyMap<number, number>;
  /** Exit statuses that count as success. */
  readonly expected: ReadonlySet<number>;
  /** The signal to get from the kernel when the parent ends. */
  readonly parentDeath?: number;
  /** How long remaining processes may take to end, milliseconds. */
  readonly graceMs: number;
  /** Report every process that outlived the program. */
  readonly tellLeaks: boolean;
  /** Report every adopted process that is reaped. */
  readonly tellReaped: boolean;
  readonly session: SessionChoice;
  readonly leftovers: Leftovers;
  /** Stops itself on TSTP, TTIN and TTOU, whether or not something above does job control. */
  readonly stopsOnSignal: boolean;
  /** Standard signals that the caller ignores have their default action in the program. */
  readonly resetsIgnored: boolean;
  /** Dies by SIGINT if the program did, so that a shell's script or loop ends too. */
  readonly dieByInterrupt: boolean;
}

/**
 * `job`: its own process group, unless that would break the caller's job (see chooseGroup); `same`: always the caller's
 * group; `new`: its own session.
 */
export type SessionChoice = "job" | "same" | "new";

/** `end`: none survives; `ask`: the program's group gets TERM and is not waited for; `leave`: nothing is done. */
export type Leftovers = "end" | "ask" | "leave";

const DEFAULT_GRACE_MS = 5000;

/** Common defaults of all forms of init. */
export const DEFAULTS: Omit<InitSettings, "words"> = {
  toGroup: false,
  subreaper: true,
  rewrites: new Map(),
  expected: new Set(),
  graceMs: DEFAULT_GRACE_MS,
  tellLeaks: false,
  tellReaped: false,
  session: "job",
  leftovers: "end",
  stopsOnSignal: false,
  resetsIgnored: false,
  dieByInterrupt: true,
};

/** Receives what the user may want to read. */
export interface InitObserver {
  /** The program is about to be started. */
  starting(): void;
  /** The program has ended and these still run. */
  leaked(processes: readonly Leak[]): void;
  /** An adopted process was reaped. */
  reaped(pid: number, ending: Ending): void;
  /** These still run; nothing more can be done. */
  survived(processes: readonly Leak[]): void;
}

/** A process that outlived the program. */
export interface Leak {
  readonly pid: number;
  /** Its command line, or its short name if that cannot be read. */
  readonly words: readonly string[];
}

/**
 * What is left when the program has ended: all descendants of this process, since it adopts every orphan.
 * @param program its group is all that can be reached without /proc
 */
export function leftoversOf(program: number): Scope {
  // PID 1 is alone here, and this reaches all others at once, so that nothing can be forked past it: kill(2).
  if (isInit()) return { unseen: -1 };
  return procShowsUs() ? { below: [ownPid()] } : { unseen: -program };
}

/** Nothing without /proc. */
export function listLeaks(): Leak[] {
  if (!procShowsUs()) return [];
  return listTree({ below: [ownPid()] }).map(({ pid, comm }) => {
    const words = readCmdline(pid);
    return { pid, words: words instanceof Unreadable || words.length === 0 ? [comm] : words };
  });
}
