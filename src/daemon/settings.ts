import type { ReadyRule } from "../ready/rule.ts";
import type { Limit } from "../libc/users/limits.ts";
import type { Bytes } from "../libc/processes/spawn.ts";

/** How a daemon is made; docs/daemon.md. */
export type Route = "spawn" | "fork";

/** All settings of `imp daemon`, checked for form but not yet against the machine. */
export interface DaemonSettings {
  /** The program and its arguments, as the caller passed them. */
  readonly words: readonly Bytes[];
  /** `auto` takes the fast route if possible. */
  readonly route: Route | "auto";
  /** Working directory; `/` by default. */
  readonly directory: string;
  readonly umask: number;
  /** Files for descriptors 0, 1, 2; /dev/null by default. */
  readonly stdin?: string;
  readonly stdout?: string;
  readonly stderr?: string;
  /** Empty the output files first instead of appending. */
  readonly truncate: boolean;
  readonly pidfile?: string;
  /** `pidfile` is in imp's own directory, which may be created. */
  readonly ownPidDirectory: boolean;
  /** `USER[:GROUP]`, names or numbers. */
  readonly user?: string;
  /** Words `K=V` to add or replace. */
  readonly environment: readonly Bytes[];
  readonly clearEnvironment: boolean;
  readonly chroot?: string;
  readonly nice?: number;
  readonly limits: readonly NamedLimit[];
  /** Without it the daemon leads its session and could get a terminal by opening one. */
  readonly secondFork: boolean;
  /** The daemon may start threads but no processes. */
  readonly noChildren: boolean;
  /** Its descriptor 0 is a terminal, which becomes its session's. */
  readonly terminal?: boolean;
  /** Descriptors of imp's caller that the daemon keeps. */
  readonly keep: readonly number[];
  /** A variable of `environment` to be set to the daemon's PID. */
  readonly pidVariable?: string;
  /** Undefined: exec suffices. */
  readonly wait?: DaemonWait;
}

/** What imp waits for before it reports that a daemon runs. */
export interface DaemonWait {
  /** All must hold. */
  readonly ready: readonly ReadyRule[];
  readonly readyTimeoutMs: number;
  /** It must also keep running for this long. */
  readonly lastingMs: number;
}

export interface NamedLimit {
  readonly name: string;
  readonly resource: number;
  /** If there is no hard limit, it stays unchanged. */
  readonly limit: { readonly soft: Limit["soft"]; readonly hard?: Limit["hard"] };
}

/** A running daemon. */
export interface Daemon {
  readonly pid: number;
  readonly route: Route;
}
