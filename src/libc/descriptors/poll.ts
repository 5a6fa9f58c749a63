import { EPOLL_EVENT, POLLFD } from "../structs.ts";
import { EINTR, EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLL_CTL_DEL } from "../abi.ts";
import { errno, systemError } from "../calling/errno.ts";
import { listDirectory } from "./stat.ts";
import { readLink } from "./files.ts";
import { libc } from "../calling/load.ts";
import { allocate, type Block } from "../calling/memory.ts";

const c = libc("poll", "epoll_create1", "epoll_ctl", "epoll_wait");

/** A fixed number of descriptors to wait for, each in a slot of its own; poll(2). */
export class PollSet {
  private readonly block: Block;

  constructor(private readonly slots: number) {
    this.block = allocate(POLLFD.bytes * slots);
    for (let slot = 0; slot < slots; slot++) this.watch(slot, -1, 0);
  }

  /** @param fd negative: none. @param events 0 still reports errors and hang-up */
  watch(slot: number, fd: number, events: number): void {
    this.block.view.setInt32(POLLFD.bytes * slot + POLLFD.fd, fd, true);
    this.block.view.setInt16(POLLFD.bytes * slot + POLLFD.events, events, true);
  }

  /**
   * @param ms -1: no limit
   * @returns how many are ready; 0 also after a signal
   */
  wait(ms: number): number {
    const ready = c.poll(this.block.address, this.slots, ms);
    if (ready >= 0) return ready;
    const code = errno();
    // After EINTR the kernel has not written the results: those of the previous wait would be taken for new.
    for (let slot = 0; slot < this.slots; slot++) {
      this.block.view.setInt16(POLLFD.bytes * slot + POLLFD.revents, 0, true);
    }
    if (code !== EINTR) throw systemError(code, "wait for", "events");
    return 0;
  }

  /** What the last {@link wait} found. */
  ready(slot: number): number {
    return this.block.view.getInt16(POLLFD.bytes * slot + POLLFD.revents, true);
  }
}

/** Epoll descriptors that imp opened. */
const own = new Set<number>();

/** Any number of descriptors behind one, epoll(7). It stays open. */
export class Epoll {
  readonly fd: number;
  private readonly event = allocate(EPOLL_EVENT.bytes);
  private events: Block | undefined;

  constructor() {
    this.fd = c.epoll_create1(EPOLL_CLOEXEC);
    if (this.fd < 0) throw systemError(errno(), "make", "an epoll instance");
    own.add(this.fd);
  }

  add(fd: number, events: number): void {
    this.event.view.setUint32(0, events, true);
    this.event.view.setInt32(EPOLL_EVENT.data, fd, true);
    if (c.epoll_ctl(this.fd, EPOLL_CTL_ADD, fd, this.event.address) < 0) {
      throw systemError(errno(), "watch", `descriptor ${fd}`);
    }
  }

  remove(fd: number): void {
    c.epoll_ctl(this.fd, EPOLL_CTL_DEL, fd, this.event.address);
  }

  /** The descriptors that are ready now. */
  ready(): number[] {
    const MOST = 64;
    this.events ??= allocate(EPOLL_EVENT.bytes * MOST);
    const n = c.epoll_wait(this.fd, this.events.address, MOST, 0);
    const fds: number[] = [];
    for (let i = 0; i < n; i++) {
      fds.push(this.events.view.getInt32(EPOLL_EVENT.bytes * i + EPOLL_EVENT.data, true));
    }
    return fds;
  }
}

/**
 * The runtime's own epoll descriptors. Its signal handlers run only when its event loop does, so code that blocks in
 * poll(2) watches these too and yields when one is ready.
 */
export function runtimeEventFds(): number[] {
  const names = listDirectory("/proc/self/fd");
  if (typeof names === "string") return [];
  return names.map(Number).filter((fd) =>
    !own.has(fd) && readLink(`/proc/self/fd/${fd}`) === "anon_inode:[eventpoll]"
  );
}
