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
import { openPipe } from "../descriptors/pipe.ts";
import { pollOne } from "../descriptors/poll_one.ts";

const c = libc("fcntl", "getpid");

/**
 * A pipe that ends a process once all of several others are gone, however they ended: the others hold its write end,
 * and nobody ever writes. Both ends are close-on-exec.
 * @throws ImpError (EMFILE)
 */
export function makeLeash(): [worn: number, held: number] {
  return openPipe(FLOOR.process);
}

/**
 * Has the kernel kill this process when the last holder of the other end is gone: fcntl(2), F_SETSIG. Closes the given
 * descriptor.
 * @returns `gone` if there is no holder any more; -errno on failure
 */
export function wearLeash(fd: number): "worn" | "gone" | number {
  // A separate open file: the signal's receiver belongs to the open file, and others share the original one.
  const own = tryOpen(`/proc/self/fd/${fd}`, O_RDONLY | O_NONBLOCK);
  closeFile(fd);
  if (own < 0) return own;
  if (c.fcntl(own, F_SETOWN, c.getpid()) < 0 || c.fcntl(own, F_SETSIG, SIGKILL) < 0) {
    return -errno();
  }
  if (c.fcntl(own, F_SETFL, O_NONBLOCK | O_ASYNC) < 0) return -errno();
  const seen = pollOne(own, 0, 0);
  return seen > 0 && (seen & POLLHUP) !== 0 ? "gone" : "worn";
}
