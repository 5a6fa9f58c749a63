// Which of the waiters' watched descriptors is which. Their order depends on the settings at the time, and waiters
// outlive settings: so each is recognised by the kernel's name for it.
import { readLink } from "../../libc/descriptors/files.ts";
import { MOST_WATCHED, WAITER_FD } from "../waiter/page_layout.ts";

/** What /proc/self/fd shows for kinds of descriptors of which waiters watch at most one. */
const LINKS = {
  sockets: "anon_inode:[eventpoll]",
  changes: "anon_inode:inotify",
  adopted: "anon_inode:[pidfd]",
} as const;

/**
 * In a turn: the index of such a descriptor, for the functions of the page.
 * @param kind `sockets`: an epoll instance for everything held; `changes`: an inotify instance; `adopted`: the pidfd of
 *   a program that is not a child
 */
export function watchedSlot(kind: keyof typeof LINKS): number | undefined {
  for (let i = 0; i < MOST_WATCHED; i++) {
    if (readLink(`/proc/self/fd/${WAITER_FD.watched + i}`) === LINKS[kind]) return i;
  }
  return undefined;
}
