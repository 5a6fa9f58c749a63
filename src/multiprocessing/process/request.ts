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

/** The first word that makes imp's executable such a process; how many descriptors the arguments brought along follows. */
export const CHILD_WORD = "process-child";
