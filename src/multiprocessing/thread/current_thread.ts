/** What this thread is among those of its process. */
export interface CurrentThread {
  name: string;
  readonly daemon: boolean;
}

let current: CurrentThread = { name: "MainThread", daemon: false };
let started = 0;

/** The thread that runs this code: `MainThread`, or what was started by a {@link Thread}. */
export function currentThread(): CurrentThread {
  return current;
}

/** Said once, by a thread that was started for a target. */
export function becomeThread(thread: CurrentThread): void {
  current = thread;
}

/** The number of the next thread that this one starts. */
export function nextThread(): number {
  return ++started;
}
