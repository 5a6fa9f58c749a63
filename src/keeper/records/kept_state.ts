import type { ProcessIdentity } from "../../termination/identity.ts";

/** What is, as the last turn or command has seen it. Kept as `state.json`; what is said of processes is asked of /proc again. */
export interface KeptState {
  readonly schema: 1;
  readonly phase: KeptPhase;
  /** Of the boot in which it was written: PIDs of another boot mean nothing. */
  readonly bootId: string;
  /** Each end that is written down is compared with this. */
  readonly intentSerial: number;
  /** The start serial of the intent for which `program` was started. */
  readonly startSerial: number;
  readonly guard?: ProcessIdentity;
  readonly keeper?: ProcessIdentity;
  readonly program?: ProcessIdentity;
  /** Of the value of the tag in the environment of the run's processes. */
  readonly runId?: string;
  /** Milliseconds since the epoch, here and below. */
  readonly startedAt?: number;
  readonly readyAt?: number;
  /** The next start, while `waiting`. */
  readonly nextStartAt?: number;
  /** Restarts since the last command that started it. */
  readonly restarts: number;
  /** Failures in a row: the exponent of the back-off. */
  readonly failures: number;
  /** When the last restarts were, for `maxRestarts`. */
  readonly restartTimes: readonly number[];
  /** What the program says of itself: STATUS= of sd_notify(3). */
  readonly statusText?: string;
  /** Why it is in this phase, in a sentence. */
  readonly reason?: string;
  readonly waiterKind?: "file" | "memfd" | "resident";
  /** The last 20, the newest last. */
  readonly runs: readonly KeptRun[];
}

/**
 * `starting`: it runs and is not ready yet; `running`; `stopping`: somebody ends it; `waiting`: for the next restart;
 * `stopped`: by a command; `finished`: it has ended and is not to be restarted; `failed`: it could not be started, or imp gave up.
 */
export type KeptPhase =
  | "starting"
  | "running"
  | "stopping"
  | "waiting"
  | "stopped"
  | "finished"
  | "failed";

/** A run that is over. */
export interface KeptRun {
  readonly pid: number;
  readonly startedAt: number;
  readonly endedAt: number;
  /** normal: status 0 or an accepted one; error: another status; fault: SEGV, BUS, FPE, ILL, ABRT, TRAP, SYS …; killed: another signal. */
  readonly kind: "normal" | "error" | "fault" | "killed" | "unknown";
  readonly exitCode?: number;
  readonly signal?: string;
  readonly core: boolean;
  /** Who ended it: a command of imp in words, `out-of-memory killer`, or undefined: not known. */
  readonly by?: string;
  /** It was never ready, or shorter than `startMs`. */
  readonly failedStart: boolean;
  readonly cpuMs?: number;
  readonly maxRssBytes?: number;
  /** The last lines of its log, at most 10. */
  readonly lastLines: readonly string[];
}
