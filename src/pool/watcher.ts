import { POLLERR, POLLIN, POLLOUT, PollSet, runtimeEventFds } from "../libc/poll.ts";
import { statFd } from "../libc/stat.ts";
import { runtime } from "../runtime/mod.ts";

// Places in the set of descriptors.
const CHILDREN = 0, INPUT = 1, OUT = 2, ERR = 3, LIVE = 4, RUNTIME = 5;
const RUNTIME_FDS = 3;
const PLACES = RUNTIME + RUNTIME_FDS;

/** What the pool waits for, besides the ends of children and signals. */
export interface Interests {
  /** The descriptor to read from; negative: nothing is wanted. */
  readonly input: number;
  /** Becomes readable when running jobs write; negative: nothing is wanted. */
  readonly live: number;
  /** Which output has to become writable. */
  readonly blockedOn: 1 | 2 | undefined;
  /** Milliseconds; Infinity: for ever. */
  readonly within: number;
}

/** What was found. */
export interface Events {
  input: boolean;
  live: boolean;
  /** Nobody reads our stdout any more. */
  gone: boolean;
}

/** Everything a pool can wait for, in one call of poll(2). */
export class Watcher {
  private readonly poll = new PollSet(PLACES);
  private readonly events: Events = { input: false, live: false, gone: false };
  /** Only of a pipe or socket does poll(2) tell that its reader has gone. */
  private readonly pipes = [1, 2].map((fd) => {
    const status = statFd(fd);
    return typeof status !== "string" && (status.kind === "fifo" || status.kind === "socket");
  });

  constructor(children: number) {
    this.poll.watch(CHILDREN, children, POLLIN);
    runtimeEventFds().slice(0, RUNTIME_FDS).forEach((fd, i) =>
      this.poll.watch(RUNTIME + i, fd, POLLIN)
    );
  }

  async wait({ input, live, blockedOn, within }: Interests): Promise<Events> {
    this.poll.watch(INPUT, input, POLLIN);
    this.poll.watch(LIVE, live, POLLIN);
    const [outPipe] = this.pipes;
    this.poll.watch(OUT, outPipe || blockedOn === 1 ? 1 : -1, blockedOn === 1 ? POLLOUT : 0);
    this.poll.watch(ERR, blockedOn === 2 ? 2 : -1, POLLOUT);
    const ms = within === Infinity ? -1 : Math.max(0, Math.ceil(within));
    this.poll.wait(Math.min(ms, 2 ** 30));
    // Signal handlers run only in the runtime's own loop.
    for (let i = 0; i < RUNTIME_FDS; i++) {
      if (this.poll.ready(RUNTIME + i) === 0) continue;
      await runtime.sleep(0);
      break;
    }
    this.events.input = this.poll.ready(INPUT) !== 0;
    this.events.live = this.poll.ready(LIVE) !== 0;
    this.events.gone = outPipe && (this.poll.ready(OUT) & POLLERR) !== 0;
    return this.events;
  }
}
