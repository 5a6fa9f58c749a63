import type { ImpError } from "../../base/errors.ts";

/** How long the processes have to obey: as the daemon was told at its start, some milliseconds, or not at all. */
export type StopGrace = "as set" | { readonly ms: number } | "none";

/** A process that is still there after all that could be done. */
export interface Survivor {
  readonly pid: number;
  readonly comm: string;
  /** The name of its user, or a number. */
  readonly user: string;
  /** In words, after a colon: `not permitted (EPERM): …`. */
  readonly why: string;
}

/** What became of the stop of one daemon. */
export type StopResult =
  /**
   * Nothing of it is left.
   * @field pid its main process, if it was there
   * @field killed how many processes had to be killed
   * @field left with `--kill-mode main`: what was left running on purpose
   * @field notes what the user should know, in sentences
   * @field unrecorded what could not be written down, and what that means
   */
  | {
    readonly is: "stopped";
    readonly pid?: number;
    readonly killed: number;
    readonly left: readonly Survivor[];
    readonly notes: readonly string[];
    readonly unrecorded?: string;
  }
  | { readonly is: "not running"; readonly unrecorded?: string }
  /** The command was called from within what it ends. */
  | { readonly is: "left to its keeper"; readonly keeper: number }
  | { readonly is: "survivors"; readonly survivors: readonly Survivor[] }
  /** Another command wanted something else meanwhile. @field by that command */
  | { readonly is: "overtaken"; readonly by: string }
  /** By a signal to the command. @field keeper the one that goes on, if there is one */
  | {
    readonly is: "interrupted";
    readonly left: readonly Survivor[];
    readonly keeper?: number;
  }
  | { readonly is: "failed"; readonly error: ImpError };

export type StopOutcome = StopResult & { readonly name: string; readonly ms: number };

/** Whether what was asked for has been reached, or will be. */
export function isStopDone({ is }: StopResult): boolean {
  return is === "stopped" || is === "not running" || is === "left to its keeper";
}
