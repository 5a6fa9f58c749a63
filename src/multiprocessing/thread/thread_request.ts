import type { Current } from "../process/current.ts";
import type { ThreadProgress } from "./progress.ts";
import type { TargetReference } from "../process/target.ts";

/** What a new thread is given; its descriptors are those of the process, so that they need not be sent. */
export interface ThreadRequest {
  readonly target: TargetReference;
  readonly name: string;
  readonly daemon: boolean;
  /** The encoded arguments. */
  readonly args: Uint8Array<ArrayBuffer>;
  readonly fds: readonly number[];
  /** What the process is: a thread does not know that by itself. */
  readonly process: Current;
  readonly progress: ThreadProgress;
}

/** The first word that makes imp's executable such a thread. */
export const THREAD_WORD = "thread-child";
