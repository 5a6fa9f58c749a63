import { FLOOR } from "../descriptors/reserved.ts";
import {
  F_SETFL,
  F_SETOWN,
  F_SETSIG,
  O_ASYNC,
  O_NONBLOCK,
  O_RDONLY,
  POLLHUP,
  SIGKILL,
} from "../abi.ts";
import { errno } from "../calling/errno.ts";
import { closeFile, tryOpen } from "../descriptors/files.ts";
import { libc } from "../calling/load.ts";
import { allocate, scratch } from "../calling/memory.ts";
import { openPipe } from "../descriptors/pipe.ts";

const c = libc("fcntl", "poll", "getpid");

/**
 * A pipe by which a process ends when several others have died, all of them, however that happened: the others hold its
 * write end, and nobody ever writes. Both ends are close-on-exec.
 * @throws ImpError (EMFILE)
 */
export function makeLeash(): [worn: number, held: number] {
  return openPipe(FLOOR.process);
}

/**
 * Has the kernel kill this process when the last holder of the other end is gone: fcntl(2), F_SETSIG. Closes the
 * descriptor that was given.
 * @returns `gone` when there is no holder any more; -errno when it cannot be done
 */
export function wearLeash(fd: number): "worn" | "gone" | number {
  // An open file of its own: whom to signal is a property of that, and others got the same one.
  const own = tryOpen(`/proc/self/fd/${fd}`, O_RDONLY | O_NONBLOCK);
  closeFile(fd);
  if (own < 0) return own;
  if (c.fcntl(own, F_SETOWN, c.getpid()) < 0 || c.fcntl(own, F_SETSIG, SIGKILL) < 0) {
    return -errno();
  }
  if (c.fcntl(own, F_SETFL, O_NONBLOCK | O_ASYNC) < 0) return -errno();
  return hungUp(own) ? "gone" : "worn";
}

function hungUp(fd: number): boolean {
  return scratch(() => {
    const request = allocate(8);
    request.view.setInt32(0, fd, true);
    return c.poll(request.address, 1, 0) > 0 && (request.view.getInt16(6, true) & POLLHUP) !== 0;
  });
}
