import { ImpError } from "../../base/errors.ts";
import { closeFile } from "../../libc/descriptors/files.ts";
import { runtime } from "../../runtime/mod.ts";
import type { KeptPlace } from "../home.ts";
import { takeNameLock } from "./name_lock.ts";

const TRY_MS = 20, PAUSE_MS = 250, PATIENCE_MS = 5000;

/**
 * As `underNameLock`, for who acts on many daemons at once: waiting for the lock of one holds up none of the others.
 * @param work waits for nothing
 * @throws ImpError
 */
export async function underFreeLock<T>(place: KeptPlace, work: () => T): Promise<T> {
  const deadline = runtime.now() + PATIENCE_MS;
  for (;;) {
    const fd = tryLock(place, runtime.now() < deadline);
    if (fd === undefined) {
      await runtime.sleep(PAUSE_MS);
      continue;
    }
    try {
      return work();
    } finally {
      closeFile(fd);
    }
  }
}

/** @returns undefined when it is held and may be tried again */
function tryLock(place: KeptPlace, again: boolean): number | undefined {
  try {
    return takeNameLock(place, TRY_MS);
  } catch (error) {
    if (again && error instanceof ImpError && error.errno === "EWOULDBLOCK") return undefined;
    throw error;
  }
}
