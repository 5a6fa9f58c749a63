import type { ProcessIdentity } from "../../termination/identity.ts";
import type { KeptHealth } from "../health/kept_health.ts";

/** What is, as the last turn or command has seen it. Kept as `state.json`; what is said of processes is asked of /proc again. */
export interface KeptState {
  readonly schema: 1;
  readonly phase: KeptPhase;
  /** Of the boot in which it was written: PIDs of another boot mean nothing. */
  readonly bootId: string;
  /** The serial of the intent that was acted upon last. */
  readonly intentSerial: number;
  /** The start serial of the intent for which the program was started, or was to be. */
  readonly startSerial: number;
  /** Missing while a keeper is there: the keeper is alone until the program is started next. */
  readonly guard?: ProcessIdentity;
  /** Missing: nobody keeps it. In a phase in which somebody should, a keeper was killed. */
  readonly keeper?: ProcessIdentity;
  readonly program?: ProcessIdentity;
  /** No child of the keeper: how it ends may remain unknown. */
  readonly adopted?: boolean;
  /** The directory of the control group in which the program is, where it has one of its own. */
  readonly cgroup?: string;
  /** Of the run: the tag in the environment of its processes is `IMP_KEPT=DIRECTORY:RUNID`. Written before it is started. */
  readonly runId?: string;
  /** Milliseconds since the epoch, here and below. */
  readonly startedAt?: number;
  readonly readyAt?: number;
  /** It has told that it reads its settings again (RELOADING=1 of sd_notify(3)), and not yet that it has. */
  readonly reloading?: true;
  /** The next start, while `waiting`. */
  readonly nextStartAt?: number;
  /** Of a schedule: the next time to run, also while it runs. */
  readonly nextRunAt?: number;
  /** Of a schedule: the last time that has come, or when the schedule began. */
  readonly countedFrom?: number;
  /** A time has come while it ran, and is to be made up for. */
  readonly queued?: true;
  /** Of one on demand: the connections for which it was started. */
  readonly callers?: Callers;
  /** Of one on demand: so many runs in a row have accepted none of them. */
  readonly unserved?: number;
  /** Of one that is stopped when it is idle: when that was looked at last, since when it has been, and what CPU time it had. */
  readonly idle?: { readonly lookedAt: number; readonly since: number; readonly cpuMs: number };
  /** Its processes were stopped by a signal, for a look at its connections. */
  readonly frozen?: true;
  /** The files of its sockets: `DEVICE INODE PATH`. */
  readonly socketFiles?: readonly string[];
  /** Of `onChange`. */
  readonly changes?: KeptChanges;
  /** Why this run was started, where that was no command and no end: `src/a.ts changed`. */
  readonly startedFor?: string;
  /** Since when its start waits for files and ports. */
  readonly pendingSince?: number;
  /** Restarts since the last command that started it. */
  readonly restarts: number;
  /** Failures in a row: the exponent of the back-off. */
  readonly failures: number;
  /** When the last restarts were, for `maxRestarts`. */
  readonly restartTimes: readonly number[];
  /** How often this run is to ping, where it has said so (WATCHDOG_USEC= of sd_notify(3)); 0: it is not to. */
  readonly watchdogMs?: number;
  /** What the program says of itself: STATUS= of sd_notify(3). */
  readonly statusText?: string;
  /** Why it is in this phase, in a sentence. */
  readonly reason?: string;
  /** What is to come when the tree is gone that is being ended, unless the intent says otherwise: the policy decides by itself. */
  readonly next?: "leave" | "restart" | "recycle" | "run" | "listen";
  /** Who is ending the program, where that is not the command that the intent names: `imp keeper: it ran longer than --max-lifetime`. */
  readonly endedBy?: string;
  /** The first process of the program has ended, and `program` is the one that it has left. */
  readonly handedOver?: boolean;
  /** What probes have shown of this run; missing where there are none. */
  readonly health?: KeptHealth;
  /** It wants to be treated as if it had not told in time that it lives: WATCHDOG=trigger of sd_notify(3). */
  readonly hung?: boolean;
  /** A process has the largest resident size of the one that it was before exec, imp's: smaller ones are not known. */
  readonly rssFloorBytes?: number;
  /** What the counter of the out-of-memory killer showed when the run began, and which one it was. */
  readonly oomKills?: {
    readonly source: string;
    /** It counts nobody but processes of the daemon. */
    readonly own?: boolean;
    readonly count: number;
    /** How often its control group had reached a limit of its own and nothing could be taken back. */
    readonly atLimit?: number;
  };
  readonly waiterKind?: "file" | "memfd" | "resident";
  /** The last 20, the newest last. */
  readonly runs: readonly KeptRun[];
}

/**
 * `starting`: it is being started, or runs and is not ready yet; `running`; `stopping`: its tree is being ended, whatever is to
 * come then; `waiting`: for the next restart; `scheduled`: for the next time of its schedule; `listening`: for somebody who connects; `watching`: for the next change; `pending`: its start waits for files and ports; `stopped`: by a command or a signal to its keeper; `finished`: it has ended and
 * is not to be restarted; `failed`: it could not be started, or imp gave up.
 */
/** @field some a few of them, by the other end, where it has a name */
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

/** What is known of changes of what is watched. Milliseconds since the epoch. */
export interface KeptChanges {
  /** Since when they are watched for. */
  readonly from?: number;
  /** What has changed first, and is acted upon when nothing more does. */
  readonly pending?: { readonly path: string; readonly since: number };
  /** Until then nobody looks. */
  readonly lookAt?: number;
  /** So many looks in a row have found nothing that counts. */
  readonly idle?: number;
  /** A turn takes what has come. Another one that finds this knows that it was killed. */
  readonly taking?: true;
  /** The last one that was acted upon. */
  readonly last?: { readonly path: string; readonly at: number };
  /** What cannot be watched, in a sentence. */
  readonly trouble?: string;
}

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

/** Runs that are remembered. */
export const MOST_RUNS = 20;
