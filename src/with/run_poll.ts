import { POLLIN, POLLOUT } from "../libc/abi.ts";
import { Epoll, PollSet } from "../libc/descriptors/poll.ts";

// Places in the set of descriptors.
const SIGNALS = 0, OTHERS = 1, OUT = 2;

/** Everything that a run can wait for, in one call of poll(2). */
export class RunPoll {
  private readonly poll = new PollSet(3);
  private readonly epoll = new Epoll();
  private readonly handlers = new Map<number, () => void>();

  /** @param signals a signalfd. @param out the descriptor whose room is asked for */
  constructor(signals: number, private readonly out: number) {
    this.poll.watch(SIGNALS, signals, POLLIN);
    this.poll.watch(OTHERS, this.epoll.fd, POLLIN);
  }

  /** Calls `handler` whenever the descriptor is readable or hung up. */
  add(fd: number, handler: () => void): void {
    if (this.handlers.has(fd)) return;
    this.epoll.add(fd, POLLIN);
    this.handlers.set(fd, handler);
  }

  /** To be called before the descriptor is closed. */
  remove(fd: number): void {
    if (this.handlers.delete(fd)) this.epoll.remove(fd);
  }

  /**
   * Waits for at most `ms`, and calls the handlers.
   * @param room also wait for room in the output
   */
  wait(ms: number, room: boolean): { signals: boolean; room: boolean } {
    this.poll.watch(OUT, room ? this.out : -1, POLLOUT);
    this.poll.wait(ms === Infinity ? -1 : Math.min(Math.max(0, Math.ceil(ms)), 2 ** 30));
    if (this.poll.ready(OTHERS) !== 0) {
      for (const fd of this.epoll.ready()) this.handlers.get(fd)?.();
    }
    return { signals: this.poll.ready(SIGNALS) !== 0, room: this.poll.ready(OUT) !== 0 };
  }
}
