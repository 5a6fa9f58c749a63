import { FLOOR } from "../libc/descriptors/reserved.ts";
import { EAGAIN, O_CREAT, O_RDWR } from "../libc/abi.ts";
import { O_NOFOLLOW } from "../libc/machine.ts";
import { EXIT } from "../base/exit_codes.ts";
import { systemError } from "../libc/calling/errno.ts";
import { tryLockFile } from "../libc/descriptors/file_lock.ts";
import { closeFile, moveUp, openFile } from "../libc/descriptors/files.ts";
import { runtime } from "../runtime/mod.ts";

const AGAIN_MS = 25;

/**
 * Waits for one of a semaphore's places: files that are each locked by at most one process. The kernel releases a lock
 * when its holder ends, however it ends, so no place is ever lost.
 * @param path the beginning of the files' names
 * @returns the descriptor that holds the place
 */
export async function takePlace(path: string, places: number): Promise<number> {
  for (;;) {
    for (let place = 1; place <= places; place++) {
      const fd = tryPlace(`${path}.${place}`);
      if (fd >= 0) return fd;
    }
    await runtime.sleep(AGAIN_MS);
  }
}

/** @returns a descriptor, or -1 if the place is taken */
function tryPlace(file: string): number {
  const fd = moveUp(openFile(file, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600), FLOOR.job);
  const code = -tryLockFile(fd);
  if (code === 0) return fd;
  closeFile(fd);
  if (code === EAGAIN) return -1;
  throw systemError(code, "lock", file, { exit: EXIT.failed });
}
