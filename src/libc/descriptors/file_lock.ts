import { EINTR, LOCK_EX, LOCK_NB } from "../abi.ts";
import { errno } from "../calling/errno.ts";
import { libc } from "../calling/load.ts";

/** Locks an open file; flock(2). The lock ends with the process. @returns 0, or -errno (-EWOULDBLOCK) */
export function tryLockFile(fd: number): number {
  const c = libc("flock");
  for (;;) {
    if (c.flock(fd, LOCK_EX | LOCK_NB) === 0) return 0;
    // Network file systems wait for an answer all the same.
    const code = errno();
    if (code !== EINTR) return -code;
  }
}
