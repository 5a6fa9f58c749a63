// What a start by name is asked for, and what can become of it.
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
  /** Take settings that are not those on record. */
  readonly replace: boolean;
  /** Without settings: take the caller's environment in place of the recorded one. */
  readonly newEnvironment: boolean;
  /** That it runs already is as good; then it is waited for, too. */
  readonly acceptRunning: boolean;
  /** One that has a schedule is to run at once. */
  readonly runNow: boolean;
  /** Whether it is to be started at boot; undefined: as it was. */
  readonly atBoot?: boolean;
  /** By which command, in messages: `imp start`. */
  readonly command?: string;
  /** Shared by all that one command starts. */
  readonly first?: FirstSearch;
  /** Wait until it is ready. */
  readonly wait: boolean;
  /** So many are begun at a time. */
  readonly pace?: Pick<StartPace, "enter">;
  /** Is told, in a sentence, what takes long. It throws nothing. */
  readonly tellSlow?: SlowTelling;
}

/** What became of the start of one daemon. */
export type StartKeptResult =
  | (StartResult & { readonly notes: readonly string[] })
  | {
    readonly is: "running already";
    readonly program?: LivingProcess;
    /** It was given keepers again. */
    readonly adopted: boolean;
    /** Nothing runs now: the next time of its schedule. */
    readonly nextRunAt?: number;
    /** Nothing runs now: it waits for somebody who connects to these. */
    readonly listening?: readonly KeptSocket[];
    /** Nothing runs now: it waits for a change, for a file or a port. */
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
