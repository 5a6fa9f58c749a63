import type { Current } from "../process/current.ts";
import { inOneLine, oneLine } from "../process/one_line.ts";
import type { ThreadProgress } from "./progress.ts";
import type { TargetReference } from "../process/target.ts";

/** This thread's place among those of its process. */
export interface CurrentThread {
  name: string;
  readonly daemon: boolean;
}

let current: CurrentThread = shown({ name: "MainThread", daemon: false });
let started = 0;

/** The thread that runs this code: `MainThread`, or one started by a {@link Thread}. */
export function currentThread(): CurrentThread {
  return current;
}

/** Called once, by a thread started for a target. */
export function becomeThread(thread: CurrentThread): void {
  current = shown(thread);
}

function shown(thread: CurrentThread): CurrentThread {
  return inOneLine(
    thread,
    () => oneLine("CurrentThread", thread.name, thread.daemon && "daemon"),
  );
}

/** The number of the next thread that this one starts. */
export function nextThread(): number {
  return ++started;
}

/** What a new thread receives; its descriptors are those of the process, so they need not be sent. */
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
