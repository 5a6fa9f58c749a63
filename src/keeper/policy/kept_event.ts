// The events and actions of a kept daemon: the vocabulary of the table in state.ts.
import type { ProcessIdentity } from "../../termination/identity.ts";
import type { Intent } from "../records/intent.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import type { Callers, KeptRun, KeptState } from "../records/kept_state.ts";
import type { KeptHealth } from "../health/kept_health.ts";
import type { RunTimes } from "../schedule/times.ts";

export type KeptEvent =
  /** The intent wants a start that was not made yet: if a program runs, a restart. */
  | { readonly type: "wanted-start" }
  /** The intent wants it stopped. */
  | { readonly type: "wanted-stop" }
  /** Keeper or guard received TERM, HUP or INT. */
  | { readonly type: "asked"; readonly signal: string }
  /** exec has succeeded. */
  | { readonly type: "started"; readonly program: ProcessIdentity }
  /** @field reason why it could not be executed, or a preceding step failed: a sentence */
  | { readonly type: "start-failed"; readonly reason: string }
  /** The first process has ended successfully and left another one, which is the program from now on. */
  | { readonly type: "handed-over"; readonly program: ProcessIdentity }
  | { readonly type: "ready" }
  /** It was not ready in time, or never will be. */
  | { readonly type: "not-ready"; readonly reason: string }
  /** @field left others of its tree still run @field wanted a command that is no longer the latest has ended it */
  | {
    readonly type: "ended";
    readonly run: KeptRun;
    readonly left: boolean;
    readonly wanted?: boolean;
    /** On demand: whether it accepted any of the connections for which it was started. */
    readonly served?: boolean;
  }
  /** Nothing of the tree is left. */
  | { readonly type: "empty" }
  /** @field who cannot be ended, in words */
  | { readonly type: "stuck"; readonly who: string }
  /** Probes show something new. */
  | { readonly type: "judged"; readonly health: KeptHealth }
  /** The next start is due. */
  | { readonly type: "due" }
  /** A scheduled time has come. */
  | { readonly type: "occurs" }
  /** None has; the next one is recomputed: clock or time zone may have changed. */
  | { readonly type: "reckon" }
  /** Somebody has connected to an on-demand daemon's socket. @field callers who waits, by the remote end */
  | { readonly type: "called"; readonly callers: Callers }
  /** Nobody is connected to it, and nobody has been for its `idleMs`. @field by like `endedBy` of the state */
  | { readonly type: "idle"; readonly by: string }
  /** A watched file has changed, and nothing more is changing. @field path for display */
  | { readonly type: "changed"; readonly path: string }
  /** A start has to wait. @field reason `waiting for file /run/db`: a sentence */
  | { readonly type: "held"; readonly reason: string }
  /** What it waited for is there. */
  | { readonly type: "met" }
  /**
   * Its keeper should end it. @field by like `endedBy` of the state
   * @field recycle for its age or size: not a fault of this run
   */
  | { readonly type: "overdue"; readonly by: string; readonly recycle: boolean };

export type KeptAction = {
  readonly do: "run-hook";
  readonly hook: "post" | "onFail" | "onUnhealthy";
};

/** What to do while a state lasts: a turn continues where a killed one stopped. */
export type KeptDuty =
  | { readonly do: "start" }
  /** Waits for the first process to end and leave another one. */
  | { readonly do: "await-fork" }
  | { readonly do: "await-ready" }
  | { readonly do: "watch" }
  /** Ends the tree, or leaves it to the command that began, while that runs. */
  | { readonly do: "end-tree" }
  | { readonly do: "wait" }
  | { readonly do: "leave" };

export interface KeptStep {
  readonly state: KeptState;
  readonly actions: readonly KeptAction[];
}

/** Rules from the owner's settings, and the current time. */
export interface KeptRules {
  readonly settings: Pick<
    KeptSettings,
    | "restart"
    | "backoff"
    | "maxRestarts"
    | "ready"
    | "health"
    | "forking"
    | "hooks"
    | "schedule"
    | "onChange"
  >;
  readonly intent: Pick<Intent, "wanted" | "serial" | "startSerial" | "by" | "runNow">;
  /** Of its schedule, if any. */
  readonly times?: RunTimes;
  /** Its sockets are watched while it does not run. */
  readonly onDemand?: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** From 0 to 1. */
  readonly random: number;
}
