import { O_RDONLY, POLLIN } from "../../libc/abi.ts";
import { systemError } from "../../libc/calling/errno.ts";
import { closeFile, openFile } from "../../libc/descriptors/files.ts";
import { pollOne } from "../../libc/descriptors/poll_one.ts";
import { closePidfd, openPidfd } from "../../libc/processes/pidfd.ts";
import { type Ending, tryWait, waitFor } from "../../libc/processes/wait.ts";
import { runtime, type RuntimeSocket } from "../../runtime/mod.ts";
import { after, type Timer } from "./after.ts";
import type { Started } from "./child_process.ts";

/** How long the kernel may take from closing a dying process's descriptors to its end, before others may run. */
const LAST_STEPS_MS = 5;
const LONGEST_PAUSE_MS = 50;

/** The children not reaped yet, in the order in which they were started. */
const running = new Set<Child>();

/** Something that can be waited for. */
export interface Watched {
  /** Whether there is nothing to wait for. */
  ready(): boolean;
  /** Calls `tell` once it is ready, and keeps the event loop alive until then. @returns a function that cancels this */
  watch(tell: () => void): () => void;
}

/** Of processes that nothing refers to any more. */
const sentinels = new FinalizationRegistry<number>(closeFile);

/** A started process, seen from its parent: knows whether and how it has ended. Reaps it, and no other. */
export class Child {
  readonly pid: number;
  /** How it ended; undefined as long as that is unknown. */
  ending: Ending | undefined;
  private line: RuntimeSocket | undefined;
  private waiters: ((ending: Ending) => void)[] = [];
  private holds = 0;
  /** The process has closed its lifeline, but goes on. */
  private unbound = false;
  private watched = -1;

  /** @param mark by which a daemonic process is found with everything it starts; others have none */
  constructor(started: Started, readonly mark?: string) {
    this.pid = started.pid;
    running.add(this);
    const hungUp = () => this.noticed();
    this.line = runtime.openSocket(started.lifeline, {
      data: () => {},
      drain: () => {},
      close: hungUp,
    });
    this.line.unref();
  }

  get daemon(): boolean {
    return this.mark !== undefined;
  }

  /** A descriptor that is readable once it has ended, until {@link closeSentinel}. @throws ImpError (EMFILE) */
  get sentinel(): number {
    if (this.watched >= 0) return this.watched;
    // Once it is reaped its PID may be another process's; the null device is always readable.
    const fd = this.poll() ? openFile("/dev/null", O_RDONLY) : openPidfd(this.pid);
    if (fd < 0) throw systemError(-fd, "watch", `process ${this.pid}`);
    sentinels.register(this, fd, this);
    return this.watched = fd;
  }

  closeSentinel(): void {
    if (this.watched < 0) return;
    sentinels.unregister(this);
    closeFile(this.watched);
    this.watched = -1;
  }

  /** Asks the kernel now. */
  poll(): Ending | undefined {
    if (this.ending) return this.ending;
    const reaped = tryWait(this.pid);
    // Reaped by somebody else, who alone knows how it ended.
    if (reaped !== "running") this.end(reaped?.ending ?? { how: "exit", code: 255 });
    return this.ending;
  }

  /** Waits without the event loop. */
  waitBlocking(): Ending {
    if (!this.ending) this.end(waitFor(this.pid)?.ending ?? { how: "exit", code: 255 });
    return this.ending!;
  }

  /**
   * Resolves when it has ended; keeps the event loop alive meanwhile. @returns undefined if it takes longer than `ms`
   */
  async wait(ms?: number): Promise<Ending | undefined> {
    if (this.poll() || ms === 0) return this.ending;
    let timer: Timer | undefined;
    let forget = () => {};
    try {
      return await new Promise<Ending | undefined>((resolve) => {
        forget = this.watch(resolve);
        timer = after(ms, () => resolve(undefined));
      });
    } finally {
      clearTimeout(timer);
      forget();
    }
  }

  /** Reports its end, once, and keeps the event loop alive until cancelled. @returns a function that cancels this */
  watch(tell: (ending: Ending) => void): () => void {
    this.waiters.push(tell);
    this.hold(1);
    if (this.unbound) this.watchSlowly();
    let held = true;
    return () => {
      this.waiters = this.waiters.filter((other) => other !== tell);
      if (held) this.hold(-1);
      held = false;
    };
  }

  private hold(change: 1 | -1): void {
    this.holds += change;
    if (this.holds > 0) this.line?.ref();
    else this.line?.unref();
  }

  private noticed(): void {
    this.line = undefined;
    if (this.poll()) return;
    endsWithin(this.pid, LAST_STEPS_MS);
    if (this.poll()) return;
    this.unbound = true;
    if (this.waiters.length > 0) this.watchSlowly();
  }

  /** Polls as long as somebody waits: nothing would report its end. */
  private async watchSlowly(): Promise<void> {
    for (
      let pause = 1;
      this.holds > 0 && !this.poll();
      pause = Math.min(2 * pause, LONGEST_PAUSE_MS)
    ) {
      await runtime.sleep(pause);
    }
  }

  private end(ending: Ending): void {
    this.ending = ending;
    running.delete(this);
    this.line?.close();
    this.line = undefined;
    for (const tell of this.waiters.splice(0)) tell(ending);
  }
}

/** The living children, after reaping those that have ended. */
export function livingChildren(): Child[] {
  return [...running].filter((child) => !child.poll());
}

/** Blocks until the process has ended, or `ms` have passed. */
function endsWithin(pid: number, ms: number): void {
  const fd = openPidfd(pid);
  if (fd < 0) return;
  pollOne(fd, POLLIN, ms);
  closePidfd(fd);
}
