// What can happen to a kept daemon, and what there is to do: the words of the table in state.ts.
import type { ProcessIdentity } from "../../termination/identity.ts";
import type { Intent } from "../records/intent.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import type { Callers, KeptRun, KeptState } from "../records/kept_state.ts";
import type { KeptHealth } from "../health/kept_health.ts";
import type { RunTimes } from "../schedule/times.ts";

export type KeptEvent =
  /** The intent wants a start that has not been made yet: of a program that runs, a restart. */
  | { readonly type: "wanted-start" }
  /** The intent wants it stopped. */
  | { readonly type: "wanted-stop" }
  /** Somebody has sent TERM, HUP or INT to keeper or guard. */
  | { readonly type: "asked"; readonly signal: string }
  /** exec has succeeded. */
  | { readonly type: "started"; readonly program: ProcessIdentity }
  /** @field reason why it could not be executed, or what went before it failed: a sentence */
  | { readonly type: "start-failed"; readonly reason: string }
  /** The first process has ended well and has left another one, which is the program from now on. */
  | { readonly type: "handed-over"; readonly program: ProcessIdentity }
  | { readonly type: "ready" }
  /** It was not ready in time, or never will be. */
  | { readonly type: "not-ready"; readonly reason: string }
  /** @field left others of its tree still run @field wanted a command has ended it that is not the last one any more */
  | {
    readonly type: "ended";
    readonly run: KeptRun;
    readonly left: boolean;
    readonly wanted?: boolean;
    /** Of one on demand: whether it has accepted any of the connections for which it was started. */
    readonly served?: boolean;
  }
  /** Nobody of the tree is left. */
  | { readonly type: "empty" }
  /** @field who is left and cannot be ended, in words */
  | { readonly type: "stuck"; readonly who: string }
  /** Probes have shown something new. */
  | { readonly type: "judged"; readonly health: KeptHealth }
  /** The time of the next start has come. */
  | { readonly type: "due" }
  /** A time of its schedule has come. */
  | { readonly type: "occurs" }
  /** None has; the next one is reckoned anew: clock or time zone may have changed. */
  | { readonly type: "reckon" }
  /** Somebody has connected to a socket of one that is on demand. @field callers who waits, by the other end */
  | { readonly type: "called"; readonly callers: Callers }
  /** Nobody is connected to it, and nobody has been for its `idleMs`. @field by as `endedBy` of the state */
  | { readonly type: "idle"; readonly by: string }
  /** Something has changed that is watched, and nothing more does. @field path as it is shown */
  | { readonly type: "changed"; readonly path: string }
  /** A start has to wait. @field reason `waiting for file /run/db`: a sentence */
  | { readonly type: "held"; readonly reason: string }
  /** What it has waited for is there. */
  | { readonly type: "met" }
  /**
   * It is to be ended by its keeper. @field by as `endedBy` of the state
   * @field recycle for its age or its size: no fault of this run
   */
  | { readonly type: "overdue"; readonly by: string; readonly recycle: boolean };

export type KeptAction = {
  readonly do: "run-hook";
  readonly hook: "post" | "onFail" | "onUnhealthy";
};

/** What a state wants done as long as it stands: a turn goes on with it where the one before was killed. */
export type KeptDuty =
  | { readonly do: "start" }
  /** Waits for the first process to end and to leave another one. */
  | { readonly do: "await-fork" }
  | { readonly do: "await-ready" }
  | { readonly do: "watch" }
  /** Ends the tree, or lets the command do it that has begun, as long as that lives. */
  | { readonly do: "end-tree" }
  | { readonly do: "wait" }
  | { readonly do: "leave" };

export interface KeptStep {
  readonly state: KeptState;
  readonly actions: readonly KeptAction[];
}

/** What an owner's words decide, and the moment. */
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
  /** Of its schedule, if it has one. */
  readonly times?: RunTimes;
  /** Somebody looks at its sockets when it does not run. */
  readonly onDemand?: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** From 0 to 1. */
  readonly random: number;
}
