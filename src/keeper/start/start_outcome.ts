// Requests and results of a start by name.
import type { ImpError } from "../../base/errors.ts";
import type { LivingProcess, ObservedDaemon } from "../observe/observed.ts";
import type { KeptSocket } from "../sockets/kept_socket.ts";
import type { SlowTelling } from "../events/open.ts";
import type { StopContext } from "../stop/stop_context.ts";
import type { StopOutcome } from "../stop/stop_outcome.ts";
import type { FirstSearch } from "../waiter/find_waiters.ts";
import type { StartResult } from "./await_start.ts";
import type { SettingDifference } from "./settings_difference.ts";
import type { StartPace } from "./start_pace.ts";

export interface StartContext extends Omit<StopContext, "grace" | "command"> {
  /** Accept settings that differ from the recorded ones. */
  readonly replace: boolean;
  /** Without settings: take the caller's environment instead of the recorded one. */
  readonly newEnvironment: boolean;
  /** An already running one is a success, and is waited for, too. */
  readonly acceptRunning: boolean;
  /** One with a schedule should run at once. */
  readonly runNow: boolean;
  /** Whether to start it at boot; undefined: unchanged. */
  readonly atBoot?: boolean;
  /** The command in messages: `imp start`. */
  readonly command?: string;
  /** Shared by everything one command starts. */
  readonly first?: FirstSearch;
  /** Wait until it is ready. */
  readonly wait: boolean;
  /** Limits how many begin at a time. */
  readonly pace?: Pick<StartPace, "enter">;
  /** Gets a sentence about what takes long. It must not throw. */
  readonly tellSlow?: SlowTelling;
}

/** The result of starting one daemon. */
export type StartKeptResult =
  | (StartResult & { readonly notes: readonly string[] })
  | {
    readonly is: "running already";
    readonly program?: LivingProcess;
    /** It got new keepers. */
    readonly adopted: boolean;
    /** Nothing runs now: the next time of its schedule. */
    readonly nextRunAt?: number;
    /** Nothing runs now: it waits for a connection to these. */
    readonly listening?: readonly KeptSocket[];
    /** Nothing runs now: it waits for a change, a file or a port. */
    readonly rests?: ObservedDaemon;
    readonly notes: readonly string[];
  }
  /** @field running its main process, if there is one */
  | {
    readonly is: "changed";
    readonly differences: readonly SettingDifference[];
    readonly running?: number;
  }
  /** Its keepers start it; nobody waits for that. */
  | { readonly is: "begun" }
  | { readonly is: "not stopped"; readonly outcome: StopOutcome }
  | { readonly is: "failed"; readonly error: ImpError };

export type StartKeptOutcome = StartKeptResult & { readonly name: string; readonly ms: number };
