import { POLLERR, POLLIN, POLLOUT } from "../../libc/abi.ts";
import { PollSet, runtimeEventFds } from "../../libc/descriptors/poll.ts";
import { isPipeOrSocket } from "../../libc/descriptors/stat.ts";

// Indexes in the set of descriptors.
const CHILDREN = 0, MORE_CHILDREN = 1, INPUT = 2, OUT = 3, ERR = 4, LIVE = 5, ATTEMPTS = 6;
const FEEDS = 7, RUNTIME = 8, RUNTIME_FDS = 3;

/** What the pool waits for, besides ended children and signals. */
export interface Interests {
  /** The descriptor to read from; negative: none. */
  readonly input: number;
  /** Readable when running jobs write; negative: none. */
  readonly live: number;
  /** Readable when running jobs can take more; negative: none. */
  readonly feeds: number;
  /** Which output must become writable. */
  readonly blockedOn: 1 | 2 | undefined;
  /** Milliseconds; Infinity: no limit. */
  readonly within: number;
}

/** What was found. */
export interface Events {
  /** A child may have ended. */
  children: boolean;
  input: boolean;
  live: boolean;
  feeds: boolean;
  /** A job attempts something forbidden. */
  attempts: boolean;
  /** Our stdout has no reader any more. */
  gone: boolean;
  /** The runtime's own loop has something to do, such as signal handlers. */
  runtime: boolean;
}

/** Everything a pool can wait for, in one call of poll(2). */
export class Watcher {
  private readonly poll: PollSet;
  private readonly runtimeFds = runtimeEventFds().slice(0, RUNTIME_FDS);
  private readonly events: Events = {
    children: false,
    input: false,
    live: false,
    feeds: false,
    attempts: false,
    gone: false,
    runtime: false,
  };
  /** poll(2) reports a lost reader only for pipes and sockets. */
  private readonly outPipe = isPipeOrSocket(1);

  /**
   * @param children those of a ChildWakeup
   * @param attempts readable when a job attempts something forbidden; negative: none
   */
  constructor([children, more = -1]: readonly number[], attempts = -1) {
    this.poll = new PollSet(RUNTIME + this.runtimeFds.length);
    this.poll.watch(CHILDREN, children, POLLIN);
    this.poll.watch(MORE_CHILDREN, more, POLLIN);
    this.poll.watch(ATTEMPTS, attempts, POLLIN);
    this.runtimeFds.forEach((fd, i) => this.poll.watch(RUNTIME + i, fd, POLLIN));
  }

  /** The next call overwrites the result. */
  wait({ input, live, feeds, blockedOn, within }: Interests): Events {
    const { poll, events, outPipe } = this;
    poll.watch(INPUT, input, POLLIN);
    poll.watch(LIVE, live, POLLIN);
    poll.watch(FEEDS, feeds, POLLIN);
    poll.watch(OUT, outPipe || blockedOn === 1 ? 1 : -1, blockedOn === 1 ? POLLOUT : 0);
    poll.watch(ERR, blockedOn === 2 ? 2 : -1, POLLOUT);
    const ms = within === Infinity ? -1 : Math.max(0, Math.ceil(within));
    // 0: timeout, or a signal such as a child's.
    const ready = poll.wait(Math.min(ms, 2 ** 30));
    events.children = ready === 0 || poll.ready(CHILDREN) !== 0 || poll.ready(MORE_CHILDREN) !== 0;
    events.input = poll.ready(INPUT) !== 0;
    events.live = poll.ready(LIVE) !== 0;
    events.feeds = poll.ready(FEEDS) !== 0;
    events.attempts = poll.ready(ATTEMPTS) !== 0;
    events.gone = outPipe && (poll.ready(OUT) & POLLERR) !== 0;
    events.runtime = false;
    for (let i = 0; i < this.runtimeFds.length; i++) {
      if (poll.ready(RUNTIME + i) !== 0) events.runtime = true;
    }
    return events;
  }
}
