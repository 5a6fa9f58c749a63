import type { LogSettings } from "../../logs/settings.ts";
import type { StopStep } from "../../termination/schedule.ts";
import type { NamedLimit } from "../../daemon/settings.ts";
import type { KeptSocket } from "../sockets/kept_socket.ts";
import type { ResourceLimits } from "../limits/resource_limits.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { HealthSettings } from "../health/kept_health.ts";

/** All settings of one daemon from `imp start`. Stored as `settings.json`. Texts that are bytes: base/byte_text.ts. */
export interface KeptSettings {
  readonly schema: 1;
  /** `web`, or `web@2` for the second of several instances. */
  readonly name: string;
  readonly words: readonly string[];
  /** Absolute. */
  readonly directory: string;
  readonly umask: number;
  /** `USER[:GROUP]`. */
  readonly user?: string;
  /** Words `K=V` added to the snapshot of the caller's environment, which is a separate file. */
  readonly environment: readonly string[];
  readonly clearEnvironment: boolean;
  /** Read at each start. */
  readonly environmentFiles: readonly string[];
  readonly chroot?: string;
  readonly nice?: number;
  /** ioprio_set(2): class 1 realtime, 2 best effort, 3 idle, and a level from 0 to 7. */
  readonly ioPriority?: { readonly class: 1 | 2 | 3; readonly level: number };
  /** oom_score_adj of the program. */
  readonly oomScore?: number;
  /** Infinity, which JSON does not have, is null in the file. */
  readonly limits: readonly NamedLimit[];
  readonly sandbox?: Sandbox;
  /** Of its control group. */
  readonly resources?: ResourceLimits;
  /** The caller's soft limit on open files, if the runtime raised it. */
  readonly openFiles?: number;
  readonly noChildren: boolean;
  /** PR_SET_NO_NEW_PRIVS: set-user-ID programs gain nothing. */
  readonly noNewPrivileges: boolean;
  readonly log: LogSettings;
  /** In the form of parseReady; all must hold. None: it is ready once it runs. */
  readonly ready: readonly string[];
  readonly readyTimeoutMs: number;
  /** How to check regularly whether it works. */
  readonly health?: HealthSettings;
  /** The interval within which WATCHDOG=1 must come. */
  readonly watchdogMs?: number;
  readonly restart: "no" | "on-failure" | "always";
  readonly backoff: { readonly firstMs: number; readonly mostMs: number };
  /** Gives up after so many restarts within a time; by default never. */
  readonly maxRestarts?: { readonly count: number; readonly withinMs: number };
  /** Exit statuses besides 0, and signals by name, that count as a normal end. */
  readonly success: readonly (number | string)[];
  /**
   * It runs at times rather than continuously: either of the two. @field timezone of the line; undefined: the machine's
   */
  readonly schedule?: {
    readonly everyMs?: number;
    /** Five fields, as in crontab(5), or `@daily` and the like. */
    readonly cron?: string;
    readonly timezone?: string;
    /** What becomes of a time that comes while it runs. */
    readonly overlap: "skip" | "queue" | "kill";
  };
  /** Its waiters hold these, and its program gets them at 3 and on: sd_listen_fds(3). Undefined: none. */
  readonly sockets?: readonly KeptSocket[];
  /** It is started when somebody connects. @field idleMs and stopped after so long without connections */
  readonly onDemand?: { readonly idleMs?: number };
  /** It is restarted, or runs again, when something changes. */
  readonly onChange?: {
    /** Absolute. */
    readonly paths: readonly string[];
    /** In addition to what is always ignored, ignore.ts. */
    readonly ignore: readonly string[];
    /** A change is acted upon once nothing has changed for so long. */
    readonly debounceMs: number;
    /** Nothing runs before the first change. */
    readonly postponed: boolean;
    /** What becomes of a change that comes while it runs: `kill` restarts it. */
    readonly overlap: "skip" | "queue" | "kill";
  };
  /** Each start waits until these files exist, and somebody accepts connections at these addresses, `HOST:PORT`. */
  readonly startsAfter?: { readonly files: readonly string[]; readonly ports: readonly string[] };
  /** A run that ends sooner has failed, whatever its status; except an on-demand one that ended successfully. */
  readonly startMs: number;
  readonly maxLifetimeMs?: number;
  readonly maxRssBytes?: number;
  readonly stop: readonly StopStep[];
  readonly killMode: "tree" | "main";
  /** Programs as words, executed without a shell. */
  readonly hooks: {
    readonly pre?: readonly string[];
    readonly post?: readonly string[];
    readonly stop?: readonly string[];
    readonly reload?: readonly string[];
    readonly onFail?: readonly string[];
    readonly onUnhealthy?: readonly string[];
  };
  /** The program daemonises itself: its first process exits with 0 and what it leaves is kept. */
  readonly forking: boolean;
  /** A file in which the program writes its PID. */
  readonly pidfile?: string;
  /** The file of `imp up` that it belongs to, and its dependencies there; undefined: started by hand. */
  readonly project?: KeptProject;
  /** Where the waiter's code is, if the caller insists. */
  readonly waiter?: "file" | "memfd" | "resident";
}

/** The project that a daemon belongs to. */
export interface KeptProject {
  /** Absolute, without links. */
  readonly file: string;
  /** Names of daemons of that file. */
  readonly depends: readonly string[];
}

/** Pure: restores what JSON cannot express. */
export function withInfiniteLimits(settings: KeptSettings): KeptSettings {
  return { ...settings, limits: settings.limits.map(withInfinity) };
}

function withInfinity({ name, resource, limit: { soft, hard } }: NamedLimit): NamedLimit {
  const limit = { soft: soft ?? Infinity, ...hard === undefined ? {} : { hard: hard ?? Infinity } };
  return { name, resource, limit };
}

/** Whether a running program is not yet ready. */
export function awaitsReadiness(
  { ready, health }: Pick<KeptSettings, "ready" | "health">,
): boolean {
  return ready.length > 0 || health?.startMs !== undefined;
}

/** Whether a daemon's waiters need a socket for sd_notify(3). */
export function usesNotify(
  { ready, watchdogMs }: Pick<KeptSettings, "ready" | "watchdogMs">,
): boolean {
  return ready.includes("notify") || watchdogMs !== undefined;
}

/** How many descriptors its waiters watch for that: the socket, and the watchdog's timer. */
export function notifiedCount(settings: Pick<KeptSettings, "ready" | "watchdogMs">): number {
  if (!usesNotify(settings)) return 0;
  return settings.watchdogMs === undefined ? 1 : 2;
}

/** Whether a daemon's waiters need an inotify descriptor. */
export function usesFileEvents(
  { onChange, startsAfter }: Pick<KeptSettings, "onChange" | "startsAfter">,
): boolean {
  return onChange !== undefined || (startsAfter?.files.length ?? 0) > 0;
}
