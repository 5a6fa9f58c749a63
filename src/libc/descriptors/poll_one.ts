import { errno } from "../calling/errno.ts";
import { libc } from "../calling/load.ts";
import { allocateForGood, type Block } from "../calling/memory.ts";
import { POLLFD } from "../structs.ts";

const c = libc("poll");

let request: Block | undefined;

/**
 * Waits for one descriptor, poll(2).
 * @param ms at most this long; Infinity: no limit
 * @returns what has happened at it, 0 if nothing has in that time, -errno (-EINTR)
 */
export function pollOne(fd: number, events: number, ms: number): number {
  request ??= allocateForGood(POLLFD.bytes);
  request.view.setInt32(POLLFD.fd, fd, true);
  request.view.setInt16(POLLFD.events, events, true);
  const ready = c.poll(request.address, 1, ms === Infinity ? -1 : Math.max(0, Math.ceil(ms)));
  if (ready < 0) return -errno();
  return ready === 0 ? 0 : request.view.getInt16(POLLFD.revents, true);
}
