import { oneLine, shownAs } from "../process/one_line.ts";
import { after } from "../process/after.ts";
import { checkTimeout } from "../process/arguments.ts";
import type { Outcome, OutcomeSource, Waiting } from "./outcome.ts";
import { hasFrames, throwFromHere } from "../process/own_frames.ts";
import { RemoteStack } from "./errors.ts";
import { TimeoutError } from "../wire/portable.ts";

/** Where errors of a worker come from; recorded by the pool for each that it passes on. */
const origins = new WeakMap<Error, { pid: number }>();

/** The future result of a task given to a pool. */
export class AsyncResult<out T> {
  readonly #cell: OutcomeSource<T>;
  readonly #waiting: Waiting;

  /** Made by a pool. */
  constructor(cell: OutcomeSource<T>, waiting: Waiting) {
    this.#cell = cell;
    this.#waiting = waiting;
  }

  /**
   * The result. Keeps the event loop alive while it waits.
   * @param timeout milliseconds; by default, as long as it takes
   * @throws TimeoutError if it takes longer, and the task goes on; what the function threw; WorkerDied
   */
  async get(timeout?: number): Promise<T> {
    const outcome = this.#cell.outcome ?? await this.#outcome(timeout);
    if (!outcome) throw new TimeoutError(`no result within ${timeout} ms`);
    if (outcome.ok) return outcome.value;
    throw asThrownHere(outcome.error);
  }

  /**
   * Waits until there is a result or an error, or the timeout expires.
   * @param timeout milliseconds
   * @returns whether it is ready now
   */
  async wait(timeout?: number): Promise<boolean> {
    return (this.#cell.outcome ?? await this.#outcome(timeout)) !== undefined;
  }

  /** Whether the task is done, with a result or an error. */
  ready(): boolean {
    return this.#cell.outcome !== undefined;
  }

  /** Whether the task ended without an error. @throws Error if it has not ended yet */
  successful(): boolean {
    const { outcome } = this.#cell;
    if (!outcome) throw new Error("the result is not ready");
    return outcome.ok;
  }

  /** What console.log shows. */
  [shownAs](): string {
    const { outcome } = this.#cell;
    return oneLine("AsyncResult", !outcome ? "pending" : outcome.ok ? "successful" : "failed");
  }

  #outcome(timeout: number | undefined): Promise<Outcome<T> | undefined> {
    return outcomeWithin(this.#cell, timeout, this.#waiting);
  }
}

/** Waits for an outcome; undefined if the timeout (in milliseconds) expires. */
export function outcomeWithin<T>(
  cell: OutcomeSource<T>,
  timeout: number | undefined,
  waiting: Waiting,
): Promise<Outcome<T> | undefined> {
  checkTimeout(timeout);
  return new Promise((resolve) => {
    const timer = after(timeout, () => {
      forget();
      done();
    });
    waiting.hold();
    const done = (outcome?: Outcome<T>) => {
      clearTimeout(timer);
      waiting.release();
      resolve(outcome);
    };
    const forget = cell.then(done);
  });
}

/** Records that an error was thrown in a worker. */
export function cameFrom(error: unknown, pid: number): void {
  if (error instanceof Error) origins.set(error, { pid });
}

/**
 * A worker's error as thrown to whoever asked for the result: with the stack of the caller here, and the worker's as
 * its cause. An error that already has a cause keeps it, and the worker's stack. One of the pool itself was made by what
 * the event loop heard, and has no stack of its own.
 */
export function asThrownHere(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const origin = origins.get(error);
  if (origin && error.cause === undefined) {
    origins.delete(error);
    const value = new RemoteStack(origin.pid, error.stack ?? "");
    Object.defineProperty(error, "cause", { value, writable: true, configurable: true });
    throwFromHere(error);
  } else if (!hasFrames(error)) throwFromHere(error);
  return error;
}
