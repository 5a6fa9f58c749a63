import type { ReadyRule } from "../ready/rule.ts";
import type { Limit } from "../libc/users/limits.ts";
import type { Bytes } from "../libc/processes/spawn.ts";

/** How a daemon is made; docs/daemon.md. */
export type Route = "spawn" | "fork";

/** Everything that `imp daemon` can be told, checked for form but not yet against the machine. */
export interface DaemonSettings {
  /** The program and its arguments, as the caller passed them. */
  readonly words: readonly Bytes[];
  /** `auto` takes the fast route where it can. */
  readonly route: Route | "auto";
  /** Directory to work in; `/` by default. */
  readonly directory: string;
  readonly umask: number;
  /** Files for descriptors 0, 1, 2; /dev/null where left out. */
  readonly stdin?: string;
  readonly stdout?: string;
  readonly stderr?: string;
  /** Empty the output files first instead of appending. */
  readonly truncate: boolean;
  readonly pidfile?: string;
  /** The directory of `pidfile` is imp's own and may be made. */
  readonly ownPidDirectory: boolean;
  /** `USER[:GROUP]`, names or numbers. */
  readonly user?: string;
  /** Words `K=V` that are added or replaced. */
  readonly environment: readonly Bytes[];
  readonly clearEnvironment: boolean;
  readonly chroot?: string;
  readonly nice?: number;
  readonly limits: readonly NamedLimit[];
  /** Without it the daemon is a session leader and could get a terminal by opening one. */
  readonly secondFork: boolean;
  /** The daemon may start threads but no process. */
  readonly noChildren: boolean;
  /** Its descriptor 0 is a terminal, which becomes that of its session. */
  readonly terminal?: boolean;
  /** Descriptors of imp's caller that the daemon keeps. */
  readonly keep: readonly number[];
  /** A variable of `environment` that is to have the daemon's PID as its value. */
  readonly pidVariable?: string;
  /** Undefined: exec is all. */
  readonly wait?: DaemonWait;
}

/** What imp waits for before it says that a daemon runs. */
export interface DaemonWait {
  /** All must hold. */
  readonly ready: readonly ReadyRule[];
  readonly readyTimeoutMs: number;
  /** It must not end for so long, either. */
  readonly lastingMs: number;
}

export interface NamedLimit {
  readonly name: string;
  readonly resource: number;
  /** A hard limit that was left out stays as it is. */
  readonly limit: { readonly soft: Limit["soft"]; readonly hard?: Limit["hard"] };
}

/** A daemon that runs. */
export interface Daemon {
  readonly pid: number;
  readonly route: Route;
}
