import { closeFile } from "../../libc/descriptors/files.ts";
import { runtime } from "../../runtime/mod.ts";
import type { KeptPlace } from "../home.ts";
import { LockPatience, tryNameLock } from "./name_lock.ts";

const LONGEST_PAUSE_MS = 50;

/**
 * Like `underNameLock`, for commands that act on many daemons: waiting for one lock does not hold up the others.
 * @param work must not wait
 * @throws ImpError
 */
export async function underFreeLock<T>(place: KeptPlace, work: () => T): Promise<T> {
  const patience = new LockPatience(runtime.now());
  for (let pause = 1;; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    const fd = tryNameLock(place, patience);
    if (fd === undefined) {
      await runtime.sleep(pause);
      continue;
    }
    try {
      return work();
    } finally {
      closeFile(fd);
    }
  }
}
