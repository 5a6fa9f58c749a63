import type { Bytes } from "../libc/processes/spawn.ts";
import type { ProcessIdentity } from "../termination/identity.ts";

/** Where the code of waiters lies: in a file, in memory alone, or in imp itself, which stays. */
export type WaiterKind = "file" | "memfd" | "resident";

/** Where a daemon is kept. */
export interface WaiterPlace {
  /** The state directory of this user: waiters take turns by files in `turns` below it, and their code may lie in `bin`. */
  readonly home: string;
  /** That of this daemon, as the turns are told it. */
  readonly directory: string;
}

export interface RaiseOptions {
  /** One kind and no other; the first that this host allows when left out: a file, else imp itself. */
  readonly waiter?: WaiterKind;
  /** The main process of a program that runs already. It is no child: a pidfd among `watched` tells of its end. */
  readonly adopt?: number;
  /** Descriptors that wake a turn when they are readable, in the order of their indexes. They stay this process' own. */
  readonly watched?: readonly number[];
  /** What a waiter executes as a turn, from the path on; imp itself with `keeper-turn DIRECTORY` when left out. */
  readonly words?: readonly Bytes[];
  /** Words `K=V` for waiters and turns, which anybody of this user can read; the harmless part of imp's own when left out. */
  readonly environment?: readonly Bytes[];
}

/** The waiters of a daemon. */
export interface Waiters {
  readonly kind: WaiterKind;
  /** Undefined where there was no process to be had for it. */
  readonly guard?: ProcessIdentity;
  readonly keeper: ProcessIdentity;
}

/**
 * Starts the waiters of a daemon, which start a turn at once (event `begin`). Nobody must keep it yet.
 * @throws ImpError when none can be started
 */
export function raiseKeeper(_place: WaiterPlace, _options: RaiseOptions = {}): Waiters {
  throw new Error("not there yet");
}
