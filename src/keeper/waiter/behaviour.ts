/**
 * The behaviour of a waiter: the specification of its machine code (x86_64/, arm64/), and the code of a waiter that is
 * imp itself (resident.ts). Its whole state is in the page and in four variables; all its effects go through {@link
 * WaiterKernel}.
 *
 * There are two waiters, which run the same program. The guard only passes signals on to its child, the keeper, which
 * acts: it reaps what ends, and starts turns. If the keeper is killed, its children become the guard's, which then acts
 * itself.
 */
import { EAGAIN, ENOMEM, POLLIN, SIGALRM, SIGCHLD, SIGUSR1, SIGUSR2 } from "../../libc/abi.ts";
import { MOST_WATCHED, PAGE, WAITER_EVENT, type WaiterEvent } from "./page_layout.ts";
import { ALARM, HOLD, PAUSE, type WAITER_NAME } from "./parts.ts";

/** The system calls of a waiter, with their results: -errno on failure. */
export interface WaiterKernel {
  pid(): number;
  parent(): number;
  /** Becomes a subreaper, and takes the name and word 0 of that role. */
  be(role: keyof typeof WAITER_NAME): void;
  /** Starts a keeper as a child of this process, in a new session; returns 0 in the child if it is a fork. */
  startKeeper(): number;
  /**
   * Starts a turn: the words of this waiter from the second on, with only USR1 blocked. imp is executed by its path, so
   * that another version takes over at the next event; if that fails, by the descriptor of the one that existed when
   * the waiters were started.
   * @param byDescriptor not by its path: the file there may not be a complete imp
   */
  startTurn(byDescriptor: boolean): number;
  /** Takes one of the few slots for turns. */
  takeTurn(): number;
  giveTurn(): void;
  kill(pid: number, signal: number): void;
  /**
   * The sender of the first message in the first watched socket, if that is a plain ping; otherwise negative. The
   * message stays there.
   */
  pinger(): number;
  /** Takes that message, and restarts a timer with the time from the page. */
  takePing(timer: number): void;
  /** Records which process has ended (wait4(2)) and when. */
  record(where: "ended" | "other"): void;
  exit(): never;
}

/** What to wait for when there is nothing left to do. */
export interface WaiterSleep {
  /** How many entries of the page are polled. */
  readonly polled: number;
  /** Whether the timer, the second entry, is polled: not while only pings are taken. */
  readonly timer: boolean;
  /**
   * Whether the pause ends it; otherwise it lasts until an event. The kernel counts the pause down, across several
   * sleeps.
   */
  readonly pause: boolean;
}

/** The wait status of a turn whose program cannot be executed: it exits with 127. */
const NOT_EXECUTED = 127 << 8;

export class WaiterBehaviour {
  /** PID of the keeper that it guards; 0 if it acts itself. */
  kept = 0;
  flags = 0;
  /** Milliseconds; counted down by the sleeping side. */
  pause = 0;
  private busy = 0;

  /** @param words the page */
  constructor(private readonly words: Int32Array, private readonly kernel: WaiterKernel) {}

  /** Starts as guard. */
  beginAsGuard(): void {
    this.pair();
  }

  /** Starts as keeper, started by a guard. */
  beginAsKeeper(): void {
    this.kernel.be("keeper");
    this.lookAtGuard();
  }

  /** A child has ended with this status of wait4(2). */
  childEnded(pid: number, status: number): void {
    if (pid === this.get("turn")) return this.turnEnded(status);
    if (pid === this.kept) return this.keeperEnded(status);
    const program = Atomics.compareExchange(this.words, PAGE.program / 4, pid, 0);
    if (program !== pid) return this.kernel.record("other");
    this.kernel.record("ended");
    this.raise("ended");
    // A keeper that did not start it does not know.
    this.wake(this.kept);
    this.wake(this.get("turn"));
  }

  /** No other child has ended. @returns what to wait for; undefined if children must be examined again */
  rest(): WaiterSleep | undefined {
    if (this.kept !== 0 || this.get("turn") !== 0) return this.sleep(1);
    if (this.flags & HOLD) return this.held();
    if (!this.anythingToDo()) return this.sleep(this.get("polledCount"), true);
    if (this.kernel.takeTurn() === -EAGAIN && ++this.busy < PAUSE.busyTries) {
      this.hold(PAUSE.busy);
      return this.held();
    }
    this.busy = 0;
    this.put("leave", 0);
    this.put("pair", 0);
    this.put("done", 0);
    const pid = this.kernel.startTurn((this.get("failures") & 1) !== 0);
    if (pid < 0) this.turnEnded(pid === -EAGAIN || pid === -ENOMEM ? pid : NOT_EXECUTED);
    else this.put("turn", pid);
    return undefined;
  }

  /**
   * No turn may be started. Pings are taken until something else arrives: that stays in the socket, and is already
   * signalled.
   */
  private held(): WaiterSleep {
    return this.sleep(this.get("ready") & 1 ? 1 : 3);
  }

  private sleep(polled: number, timer = false): WaiterSleep {
    return { polled, timer, pause: this.flags !== 0 };
  }

  /** The pause is over, or would be without pings. */
  pauseOver(): void {
    const { flags } = this;
    this.flags = 0;
    if (flags & ALARM) this.raiseWake();
  }

  /** A signal was read. */
  signalled(signal: number): void {
    if (signal === SIGCHLD) return;
    if (signal === SIGUSR2) return this.lookAtGuard();
    if (this.kept !== 0) return this.kernel.kill(this.kept, signal);
    if (signal === SIGUSR1) return this.raiseWake();
    if (signal === SIGALRM) {
      this.flags |= ALARM;
      if (!(this.flags & HOLD)) this.pause = PAUSE.alarm;
      return;
    }
    this.put("signal", signal);
    this.raise("asked");
    this.wake(this.get("turn"));
  }

  /** poll(2) has reported an entry of the page: 1 is the timer, watched descriptors follow. */
  found(entry: number, events: number): void {
    // POLLERR, POLLHUP, POLLNVAL would return at once again.
    if (!(events & POLLIN)) Atomics.store(this.words, PAGE.polled / 4 + 2 * entry, -1);
    if (entry === 1) return this.raise("timer");
    if (entry === 2 && this.get("pings") !== 0 && this.kernel.pinger() === this.get("program")) {
      this.kernel.takePing(this.get("pings"));
      this.put("pinged", this.get("pinged") + 1);
      return;
    }
    Atomics.or(this.words, PAGE.ready / 4, 1 << (entry - 2) % MOST_WATCHED);
    this.raise("watched");
  }

  private pair(): void {
    this.raise("begin");
    this.put("guard", this.kernel.pid());
    this.kernel.be("guard");
    const pid = this.kernel.startKeeper();
    if (pid <= 0) return this.alone();
    this.kept = pid;
    this.put("keeper", pid);
  }

  /** @param status negative: there was no turn */
  private turnEnded(status: number): void {
    this.put("turnStatus", status);
    this.put("turn", 0);
    this.kernel.giveTurn();
    if (status !== 0 || this.get("done") === 0) {
      const failures = this.get("failures");
      this.put("failures", failures + 1);
      return this.hold(PAUSE.failed << Math.min(failures, PAUSE.doublings));
    }
    this.put("failures", 0);
    if (this.get("leave") !== 0) this.kernel.exit();
    if (this.get("pair") !== 0 && this.get("guard") === 0) this.pair();
  }

  private keeperEnded(status: number): void {
    if (status === 0 && this.get("leave") !== 0) this.kernel.exit();
    this.raise("partner");
    this.alone();
  }

  /** It acts, and has no partner. */
  private alone(): void {
    this.kept = 0;
    this.put("guard", 0);
    this.put("keeper", this.kernel.pid());
    this.kernel.be("keeper");
  }

  /** The keeper checks whether its guard has ended. */
  private lookAtGuard(): void {
    const guard = this.get("guard");
    if (this.kept !== 0 || guard === 0 || guard === this.kernel.parent()) return;
    this.put("guard", 0);
    this.raise("partner");
  }

  private hold(ms: number): void {
    this.flags |= HOLD;
    this.pause = ms;
  }

  private raiseWake(): void {
    this.raise("wake");
    this.wake(this.get("turn"));
  }

  private wake(pid: number): void {
    if (pid !== 0) this.kernel.kill(pid, SIGUSR1);
  }

  private anythingToDo(): boolean {
    const [raised, seen] = [PAGE.raised / 4, PAGE.seen / 4];
    return Object.values(WAITER_EVENT).some((i) =>
      Atomics.load(this.words, raised + i) !== Atomics.load(this.words, seen + i)
    );
  }

  private raise(event: WaiterEvent): void {
    Atomics.add(this.words, PAGE.raised / 4 + WAITER_EVENT[event], 1);
  }

  private get(word: keyof typeof PAGE): number {
    return Atomics.load(this.words, PAGE[word] / 4);
  }

  private put(word: keyof typeof PAGE, value: number): void {
    Atomics.store(this.words, PAGE[word] / 4, value);
  }
}
