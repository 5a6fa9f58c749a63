import type { Kin } from "../termination/scope.ts";
import type { Ending } from "../libc/processes/wait.ts";
import type { HelperKind } from "./state.ts";
import { POLLIN, POLLOUT } from "../libc/abi.ts";
import { Epoll, PollSet } from "../libc/descriptors/poll.ts";

/** What makes sure that nothing is left, even if imp is killed. */
export interface Guarantees {
  /** Path of this run's control group; undefined if none can be made. */
  readonly cgroup?: string;
  /** imp is PID 1 of a PID namespace: the kernel ends everything in it together with imp. */
  readonly pidNamespace: boolean;
  /** PID of the process that watches over imp. */
  readonly guard: number;
}

interface OfHelper {
  readonly helper: string;
  readonly pid: number;
}

/** Why everything is ended. */
export type Reason =
  | { readonly why: "done" }
  | { readonly why: "signal"; readonly signal: number }
  | { readonly why: "failed" };

/** What happens in a run, for reporting. Times are milliseconds. */
export type WithEvent =
  | { readonly event: "guarantees"; readonly by: Guarantees }
  | { readonly event: "started"; readonly kind: HelperKind } & OfHelper
  | { readonly event: "ready"; readonly ms: number } & OfHelper
  /** @field line as it came, not necessarily UTF-8, without its line break */
  | { readonly event: "output"; readonly helper: string; readonly line: Uint8Array }
  /** A daemonic helper tried to start a process. */
  | { readonly event: "refused"; readonly by: number } & OfHelper
  /** @field early before imp asked it to end */
  | {
    readonly event: "ended";
    readonly kind: HelperKind;
    readonly ending: Ending;
    readonly early: boolean;
  } & OfHelper
  | {
    readonly event: "failed";
    readonly helper: string;
    readonly why: string;
    /** The last lines it printed. */
    readonly lines: readonly string[];
  }
  | { readonly event: "program"; readonly pid: number }
  | { readonly event: "program-ended"; readonly pid: number; readonly ending: Ending }
  | { readonly event: "ending"; readonly reason: Reason; readonly processes: number }
  | { readonly event: "killing" }
  | { readonly event: "survived"; readonly processes: readonly Kin[] }
  | { readonly event: "empty" };

/** Receives every event, in order. */
export type Tell = (event: WithEvent) => void;

// Positions in the set of descriptors.
const SIGNALS = 0, OTHERS = 1, OUT = 2;

/** Everything that a run can wait for, in one call of poll(2). */
export class RunPoll {
  private readonly poll = new PollSet(3);
  private readonly epoll = new Epoll();
  private readonly handlers = new Map<number, () => void>();

  /** @param signals a signalfd. @param out the descriptor that may have room */
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

  /** Must be called before the descriptor is closed. */
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
