import { POLLIN } from "../../libc/abi.ts";
import { moveUp } from "../../libc/descriptors/files.ts";
import { Epoll } from "../../libc/descriptors/poll.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import type { KeptSettings } from "../records/kept_settings.ts";

/**
 * What waiters watch for an on-demand daemon: one descriptor that is readable when any of its sockets is. It identifies
 * these by open file rather than number; waiters and turns have different numbers.
 */
export function watchSockets(
  { onDemand }: Pick<KeptSettings, "onDemand">,
  sockets: readonly number[],
): number[] {
  if (!onDemand || sockets.length === 0) return [];
  const epoll = new Epoll();
  for (const fd of sockets) epoll.add(fd, POLLIN);
  return [moveUp(epoll.fd, FLOOR.job)];
}
