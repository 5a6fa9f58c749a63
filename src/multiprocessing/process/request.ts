import type { TargetReference } from "./target.ts";

/** What a new process finds in the file in memory that is its descriptor 3; its arguments follow as a second value. */
export interface StartRequest {
  readonly target: TargetReference;
  readonly name: string;
  readonly identity: readonly number[];
  readonly daemon: boolean;
  readonly noChildren: boolean;
  readonly parent: number;
  readonly parentName: string;
}

/**
 * Descriptors of a new process besides 0, 1 and 2; the leash is for daemonic ones only. Those that its arguments brought
 * along follow.
 */
export const REQUEST_FD = 3, LIFELINE_FD = 4, LEASH_FD = 5, FIRST_ARGUMENT_FD = 6;

/** The first word that makes imp's executable such a process; how many descriptors the arguments brought along follows. */
export const CHILD_WORD = "process-child";
