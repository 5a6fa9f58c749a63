import type { Bytes } from "../libc/processes/spawn.ts";
import type { Ending } from "../libc/processes/wait.ts";
import type { Leak } from "./leftovers.ts";

/** What `imp init`, or a program that it stands in for, was told to do. */
export interface InitSettings {
  readonly words: readonly Bytes[];
  /** Signals go to the program's whole process group, which is then always one of its own. */
  readonly toGroup: boolean;
  /** Adopts orphans where this process is not PID 1. */
  readonly subreaper: boolean;
  /** Signal numbers; 0 drops the signal. */
  readonly rewrites: ReadonlyMap<number, number>;
  /** Exit statuses that count as success. */
  readonly expected: ReadonlySet<number>;
  /** The signal that the kernel sends when the parent ends. */
  readonly parentDeath?: number;
  /** How long what the program leaves behind may take to end, milliseconds. */
  readonly graceMs: number;
  /** Tell about every process that outlived the program. */
  readonly tellLeaks: boolean;
  /** Tell about every adopted process that is reaped. */
  readonly tellReaped: boolean;
  readonly session: SessionChoice;
  readonly leftovers: Leftovers;
  /** Stops itself whenever it gets TSTP, TTIN or TTOU, whether or not somebody above does job control. */
  readonly stopsOnSignal: boolean;
  /** Ends by SIGINT itself when the program did, so that a shell's script or loop ends too. */
  readonly dieByInterrupt: boolean;
}

/**
 * `job`: a process group of its own, unless that would break the caller's job (see chooseGroup); `same`: always the
 * caller's group; `new`: a session of its own.
 */
export type SessionChoice = "job" | "same" | "new";

/** `end`: none survives; `ask`: the program's group gets TERM and nobody waits; `leave`: nothing is done. */
export type Leftovers = "end" | "ask" | "leave";

export const DEFAULT_GRACE_MS = 5000;

/** What all forms of init begin from. */
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
  dieByInterrupt: true,
};

/** Hears of what the user may want to read. */
export interface InitObserver {
  /** The program is about to be started. */
  starting(): void;
  /** The program has ended and these run on. */
  leaked(processes: readonly Leak[]): void;
  /** An adopted process was reaped. */
  reaped(pid: number, ending: Ending): void;
  /** These are still there; nothing more can be done. */
  survived(processes: readonly Leak[]): void;
}
