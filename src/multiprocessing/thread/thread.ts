import { oneLine, shownAs } from "../process/one_line.ts";
import { closeFile, duplicate } from "../../libc/descriptors/files.ts";
import { runtime, type RuntimeThread } from "../../runtime/mod.ts";
import { after, type Timer } from "../process/after.ts";
import { checkOptions, checkTimeout } from "../process/arguments.ts";
import { closeSent, encode } from "../wire/codec.ts";
import { thisProcess } from "../process/current.ts";
import { currentThread, nextThread, THREAD_WORD, type ThreadRequest } from "./current_thread.ts";
import {
  type ArgsIfNeeded,
  type Arguments,
  checkedArgs,
  referenceTo,
  type Target,
  type TargetReference,
} from "../process/target.ts";
import { hasBegun, isTaken, newProgress } from "./progress.ts";

/** The options of a {@link Thread}. */
export interface ThreadOptions<T extends Target = Target> {
  /** The function to run; see {@link Target}. */
  target: T;
  /** The target's arguments, copied as for a process; imp's own shared objects are shared. */
  args?: Arguments<T>;
  /** By default `Thread-1 (resize)` and so on. */
  name?: string;
  /** Whether it is cut off once all others have ended; by default as for this thread. */
  daemon?: boolean;
}

const OPTIONS = { target: "any", args: "any", name: "string", daemon: "boolean" } as const;

/**
 * A thread of this process that runs one function, as Python's `threading.Thread`; unlike there it runs in parallel
 * with all others, and has its own copy of every module. It ends when the target's promise is settled. An error is
 * printed with the thread's name; the others go on.
 *
 * The process lives until every thread that is not a daemon has ended. What ends the process itself, like
 * `process.exit()`, cuts off all of them.
 */
export class Thread<T extends Target = Target> {
  readonly #target: TargetReference;
  readonly #args: readonly unknown[];
  #name: string;
  #daemon: boolean;
  #thread: RuntimeThread | undefined;
  #ended = false;
  #joiners: (() => void)[] = [];

  /** @throws TypeError if the target is not a function exported by a module; ImpError if its module does not exist */
  constructor(options: ThreadOptions<T> & ArgsIfNeeded<T>) {
    checkOptions(options, OPTIONS, "Thread");
    const { target, args = [], name, daemon }: ThreadOptions = options;
    this.#target = referenceTo(target);
    this.#args = checkedArgs(args);
    const called = this.#target.name ? ` (${this.#target.name})` : "";
    this.#name = name ?? `Thread-${nextThread()}${called}`;
    this.#daemon = daemon ?? currentThread().daemon;
  }

  get name(): string {
    return this.#name;
  }

  /** Once a thread has started, only this object knows the new name. */
  set name(name: string) {
    checkOptions({ name }, OPTIONS, "Thread");
    this.#name = name;
  }

  get daemon(): boolean {
    return this.#daemon;
  }

  /** @throws Error after the start */
  set daemon(daemon: boolean) {
    if (this.#thread) throw new Error("cannot set daemon status of active thread");
    checkOptions({ daemon }, OPTIONS, "Thread");
    this.#daemon = daemon;
  }

  /**
   * Starts it. The new thread loads the target's module anew and calls the target. Until it has begun, the program does
   * not end.
   * @returns resolves when it has begun: the target has been called and waits for something, or has computed for 20 ms;
   *   or when it has already ended
   * @throws UnsendableError that names the argument which cannot be sent; ImpError (EMFILE)
   */
  start(): Promise<void> {
    if (this.#thread) throw new Error("threads can only be started once");
    const { bytes, fds } = encode(this.#args, "args");
    const lifeline = lifelineCopy();
    const request: ThreadRequest = {
      target: this.#target,
      name: this.#name,
      daemon: this.#daemon,
      args: bytes,
      fds,
      process: { ...thisProcess(), lifeline, loading: undefined },
      progress: newProgress(),
    };
    this.#thread = runtime.startThread({
      entry: runtime.threadEntry(new URL("../../thread_main.ts", import.meta.url).href),
      words: [THREAD_WORD],
      data: request,
      ended: (error) => {
        if (!isTaken(request.progress)) closeSent(fds);
        if (lifeline >= 0) closeFile(lifeline);
        this.#end(error);
      },
    });
    if (this.#daemon) this.#thread.unref();
    return hasBegun(request.progress, () => this.#ended);
  }

  /**
   * Waits until it has ended.
   * @param timeout milliseconds; by default, as long as it takes
   * @returns whether it has ended
   */
  async join(timeout?: number): Promise<boolean> {
    checkTimeout(timeout);
    if (!this.#thread) throw new Error("cannot join thread before it is started");
    if (this.#ended) return true;
    let timer: Timer | undefined;
    let joiner = () => {};
    if (this.#daemon && this.#joiners.length === 0) this.#thread.ref();
    await new Promise<void>((resolve) => {
      this.#joiners.push(joiner = resolve);
      timer = after(timeout, resolve);
    });
    clearTimeout(timer);
    this.#joiners = this.#joiners.filter((other) => other !== joiner);
    if (this.#daemon && this.#joiners.length === 0) this.#thread.unref();
    return this.#ended;
  }

  isAlive(): boolean {
    return this.#thread !== undefined && !this.#ended;
  }

  /** What console.log shows. */
  [shownAs](): string {
    const state = !this.#thread ? "not started" : this.#ended ? "ended" : "running";
    return oneLine("Thread", this.#name, state, this.#daemon && "daemon");
  }

  #end(error: Error | undefined): void {
    this.#ended = true;
    for (const joined of this.#joiners.splice(0)) joined();
    // What the thread could not report itself; nobody else will.
    if (error) console.error(`Exception in thread ${this.#name}:\n${error.stack ?? error}`);
  }
}

/** A thread of a process with a parent watches for the parent's end by itself. */
function lifelineCopy(): number {
  const { lifeline } = thisProcess();
  return lifeline < 0 ? lifeline : duplicate(lifeline);
}
