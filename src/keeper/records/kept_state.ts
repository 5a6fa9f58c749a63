import type { ProcessIdentity } from "../../termination/identity.ts";
import type { KeptHealth } from "../health/kept_health.ts";

/**
 * The actual state, as last seen by a turn or command. Stored as `state.json`; what it says about processes is verified
 * in /proc.
 */
export interface KeptState {
  readonly schema: 1;
  readonly phase: KeptPhase;
  /** The boot in which it was written: PIDs of another boot mean nothing. */
  readonly bootId: string;
  /** The serial of the intent last acted upon. */
  readonly intentSerial: number;
  /** The start serial of the intent for which the program was started, or should be. */
  readonly startSerial: number;
  /** Missing although there is a keeper: the keeper is alone until the next start. */
  readonly guard?: ProcessIdentity;
  /** Missing: nobody keeps it. In a phase that needs a keeper, it was killed. */
  readonly keeper?: ProcessIdentity;
  readonly program?: ProcessIdentity;
  /** Not a child of the keeper: how it ends may remain unknown. */
  readonly adopted?: boolean;
  /** The directory of the program's control group, if it has its own. */
  readonly cgroup?: string;
  /**
   * The run's id: its processes have the tag `IMP_KEPT=DIRECTORY:RUNID` in their environment. Written before it is
   * started.
   */
  readonly runId?: string;
  /** Milliseconds since the epoch, here and below. */
  readonly startedAt?: number;
  readonly readyAt?: number;
  /** It has reported that it is reloading (RELOADING=1 of sd_notify(3)), and not yet that it is done. */
  readonly reloading?: true;
  /** It has reported that it is ending by itself (STOPPING=1). */
  readonly stopsItself?: true;
  /** The next start, while `waiting`. */
  readonly nextStartAt?: number;
  /** For a schedule: the next time to run, even while it runs. */
  readonly nextRunAt?: number;
  /** For a schedule: the last time that has come, or when the schedule began. */
  readonly countedFrom?: number;
  /** A time came while it ran, and is made up for. */
  readonly queued?: true;
  /** On demand: the connections for which it was started. */
  readonly callers?: Callers;
  /** On demand: how many consecutive runs accepted none of them. */
  readonly unserved?: number;
  /** If it is stopped when idle: when that was last checked, since when it is idle, and its CPU time then. */
  readonly idle?: { readonly lookedAt: number; readonly since: number; readonly cpuMs: number };
  /** Its processes were stopped by a signal, to look at its connections. */
  readonly frozen?: true;
  /** The files of its sockets: `DEVICE INODE PATH`. */
  readonly socketFiles?: readonly string[];
  /** Of `onChange`. */
  readonly changes?: KeptChanges;
  /** Why this run was started, if not by a command or an end: `src/a.ts changed`. */
  readonly startedFor?: string;
  /** Since when its start waits for files and ports. */
  readonly pendingSince?: number;
  /** Restarts since the last command that started it. */
  readonly restarts: number;
  /** Consecutive failures: the exponent of the back-off. */
  readonly failures: number;
  /** Times of the last restarts, for `maxRestarts`. */
  readonly restartTimes: readonly number[];
  /** The ping interval that this run has set (WATCHDOG_USEC= of sd_notify(3)); 0: none. */
  readonly watchdogMs?: number;
  /** The program's status text: STATUS= of sd_notify(3). */
  readonly statusText?: string;
  /** Why it is in this phase, in a sentence. */
  readonly reason?: string;
  /**
   * What follows once the tree being ended is gone, unless the intent says otherwise: undefined leaves it to the
   * policy.
   */
  readonly next?: "leave" | "restart" | "recycle" | "run" | "listen";
  /** Who is ending the program, if not the command in the intent: `imp keeper: it ran longer than --max-lifetime`. */
  readonly endedBy?: string;
  /** The program's first process has ended, and `program` is the one that it left. */
  readonly handedOver?: boolean;
  /** Results of this run's probes; missing if there are none. */
  readonly health?: KeptHealth;
  /** It wants to be treated as if it had missed a ping: WATCHDOG=trigger of sd_notify(3). */
  readonly hung?: boolean;
  /** A process' peak includes imp's own memory before exec: smaller values are not known. */
  readonly rssFloorBytes?: number;
  /** The counter of the out-of-memory killer at the start of the run, and which counter it was. */
  readonly oomKills?: {
    readonly source: string;
    /** It counts only processes of the daemon. */
    readonly own?: boolean;
    readonly count: number;
    /** How often its control group had reached its own limit and nothing could be reclaimed. */
    readonly atLimit?: number;
  };
  /** The last 20, newest last. */
  readonly runs: readonly KeptRun[];
}

/**
 * `starting`: being started, or running and not ready yet; `running`; `stopping`: its tree is being ended, whatever
 * follows; `waiting`: for the next restart; `scheduled`: for its next time; `listening`: for a connection; `watching`:
 * for the next change; `pending`: its start waits for files and ports; `stopped`: by a command or a signal to its
 * keeper; `finished`: it has ended and is not restarted; `failed`: it could not be started, or imp gave up.
 */
/** @field some a few of them, by the remote end, if it has a name */
export interface Callers {
  readonly count: number;
  readonly some: readonly string[];
}

export type KeptPhase = typeof KEPT_PHASES[number];

export const KEPT_PHASES = [
  "starting",
  "running",
  "stopping",
  "waiting",
  "scheduled",
  "listening",
  "watching",
  "pending",
  "stopped",
  "finished",
  "failed",
] as const;

/** Whether a keeper has something to do in this phase. */
export function isKeptPhase(phase: KeptPhase): boolean {
  return !["stopped", "finished", "failed"].includes(phase);
}

/** What is known about changes of watched files. Milliseconds since the epoch. */
export interface KeptChanges {
  /** Since when they are watched. */
  readonly from?: number;
  /** What changed first; acted upon once nothing more changes. */
  readonly pending?: { readonly path: string; readonly since: number };
  /** No looks before then. */
  readonly lookAt?: number;
  /** How many consecutive looks found nothing relevant. */
  readonly idle?: number;
  /** A turn is reading events. Another turn that finds this knows that it was killed. */
  readonly taking?: true;
  /** The last one acted upon. */
  readonly last?: { readonly path: string; readonly at: number };
  /** What cannot be watched, in a sentence. */
  readonly trouble?: string;
}

/** A finished run. */
export interface KeptRun {
  readonly pid: number;
  readonly startedAt: number;
  readonly endedAt: number;
  /** normal: status 0 or an accepted one; error: another status; fault: SEGV, BUS, FPE, ILL, ABRT, TRAP, SYS …; killed: another signal. */
  readonly kind: "normal" | "error" | "fault" | "killed" | "unknown";
  readonly exitCode?: number;
  readonly signal?: string;
  readonly core: boolean;
  /** Who ended it: a command of imp in words, `out-of-memory killer`, or undefined: unknown. */
  readonly by?: string;
  /** It was never ready, or shorter than `startMs`. */
  readonly failedStart: boolean;
  readonly cpuMs?: number;
  readonly maxRssBytes?: number;
  /** The last lines of its log, at most 10. */
  readonly lastLines: readonly string[];
}

/** How many runs are remembered. */
export const MOST_RUNS = 20;
