import { readLink } from "../../libc/descriptors/files.ts";
import { threadTime } from "../../procfs/status.ts";
import { runtime } from "../../runtime/mod.ts";

/** Memory in which a thread shows its creator how far it has come. */
export type ThreadProgress = Int32Array<SharedArrayBuffer>;

/** Its words: descriptors belong to the thread; how far its target is; the thread's number in the kernel. */
const TAKEN = 0, TARGET = 1, NUMBER = 2, WORDS = 3;
const CALLED = 1, WAITS = 2;
/**
 * CPU time that a target may use before it waits for something: after that, starting it is not waited for any longer.
 */
const BUSY_MS = 20;
const FIRST_PAUSE_MS = 1, LONGEST_PAUSE_MS = 4;

export function newProgress(): ThreadProgress {
  return new Int32Array(new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT));
}

/** The thread has taken the descriptors that it was given, and closes them. */
export function noteTaken(progress: ThreadProgress): void {
  Atomics.store(progress, TAKEN, 1);
}

export function isTaken(progress: ThreadProgress): boolean {
  return Atomics.load(progress, TAKEN) === 1;
}

/** This thread calls its target now. */
export function noteCalled(progress: ThreadProgress): void {
  Atomics.store(progress, NUMBER, Number(readLink("/proc/thread-self")?.split("/").pop() ?? 0));
  Atomics.store(progress, TARGET, CALLED);
}

/** The target has come to its first wait, or to its end. */
export function noteWaits(progress: ThreadProgress): void {
  Atomics.store(progress, TARGET, WAITS);
}

/**
 * Resolves when the target has been called and waits for something, or has computed for a while: as with CPython, where
 * a new thread has the interpreter until it waits, or for 5 ms. The time is the thread's own, so that a busy machine
 * changes nothing.
 */
export async function hasBegun(progress: ThreadProgress, ended: () => boolean): Promise<void> {
  let before: number | undefined;
  for (let pause = FIRST_PAUSE_MS; !ended(); pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    const target = Atomics.load(progress, TARGET);
    if (target === WAITS) return;
    if (target === CALLED) {
      const time = threadTime(Atomics.load(progress, NUMBER)) ?? runtime.now();
      before ??= time;
      if (time - before >= BUSY_MS) return;
    }
    await runtime.sleep(pause);
  }
}
