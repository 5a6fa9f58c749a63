import type { ImpError } from "../../base/errors.ts";

/** How long processes may take to end: as configured, some milliseconds, or not at all. */
export type StopGrace = "as set" | { readonly ms: number } | "none";

/** A process that still runs after everything that could be done. */
export interface Survivor {
  readonly pid: number;
  readonly comm: string;
  /** The name of its user, or a number. */
  readonly user: string;
  /** In words, after a colon: `not permitted (EPERM): …`. */
  readonly why: string;
}

/** The result of stopping one daemon. */
export type StopResult =
  /**
   * Nothing of it is left.
   * @field pid its main process, if it ran
   * @field killed how many processes had to be killed
   * @field left with `--kill-mode main`: what was deliberately left running
   * @field notes for the user, in sentences
   * @field unrecorded what could not be recorded, and what that means
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
  /** Another command requested something else meanwhile. @field by that command */
  | { readonly is: "overtaken"; readonly by: string }
  /** By a signal to the command. @field keeper the one that continues, if any */
  | {
    readonly is: "interrupted";
    readonly left: readonly Survivor[];
    readonly keeper?: number;
  }
  | { readonly is: "failed"; readonly error: ImpError };

export type StopOutcome = StopResult & { readonly name: string; readonly ms: number };

/** Whether the request is fulfilled, or will be. */
export function isStopDone({ is }: StopResult): boolean {
  return is === "stopped" || is === "not running" || is === "left to its keeper";
}
