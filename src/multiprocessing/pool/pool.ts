import { oneLine, shownAs } from "../process/one_line.ts";
import type { AsyncResult } from "./async_result.ts";
import { checkOptions, limitArguments } from "../process/arguments.ts";
import { cpuCount } from "../process/relatives.ts";
import type { ImapIterator } from "./imap_iterator.ts";
import { type Items, positive } from "./chunks.ts";
import { PoolCore } from "./core.ts";
import { startWorker } from "./worker_process.ts";
import type { PoolPlan } from "./worker_set.ts";
import { KIND } from "./outcome.ts";
import {
  type Callbacks,
  checkedBufferSize,
  type ImapOptions,
  type MapOptions,
  PoolTasks,
} from "./tasks.ts";
import {
  type Arguments,
  checkedArgs,
  type GivenArgs,
  type InitargsIfNeeded,
  type ItemOf,
  referenceTo,
  type Result,
  type Target,
} from "../process/target.ts";

/** How a pool's workers begin and end. */
export interface PoolOptions<I extends Target = Target> {
  /**
   * Called in each worker before its first task. If it throws, the pool is broken: every task fails with that error.
   */
  initializer?: I;
  /** The initializer's arguments. */
  initargs?: Arguments<I>;
  /** A worker that has done this many tasks is replaced; a chunk of a map is one task. By default workers stay. */
  maxTasksPerChild?: number;
  /** How many items `imap` and `imapUnordered` read ahead of the consumer. Default: 128 for each worker. */
  bufferSize?: number;
}

const OPTIONS = {
  initializer: "any",
  initargs: "any",
  maxTasksPerChild: "any",
  bufferSize: "any",
} as const;

/** The plan of a pool, from the user's arguments. @throws as the constructor of {@link Pool} */
export function poolPlan(
  processes: number,
  options: PoolOptions = {},
): { plan: PoolPlan; bufferSize: number | undefined } {
  checkOptions(options, OPTIONS, "Pool");
  const { initializer, initargs = [], maxTasksPerChild = Infinity, bufferSize } = options;
  positive(processes, "processes");
  if (maxTasksPerChild !== Infinity) positive(maxTasksPerChild, "maxTasksPerChild");
  if (bufferSize !== undefined) checkedBufferSize(bufferSize);
  const reference = initializer === undefined ? undefined : referenceTo(initializer);
  checkedArgs(initargs);
  return {
    plan: { size: processes, initializer: reference, initargs, maxTasksPerChild },
    bufferSize,
  };
}

/** A pool that nothing refers to any more does not keep its workers. */
const forgotten = new FinalizationRegistry<PoolCore>((core) => core.abandon());

/**
 * Worker processes that call functions for this one, after Python's multiprocessing.Pool.
 *
 * Each worker runs one task at a time. A task whose worker dies fails with {@link WorkerDied} and is not run again; the
 * worker is replaced. The workers are daemonic: they end with this process, however it ends. Whatever their tasks have
 * started ends with them.
 */
export class Pool<I extends Target = Target> {
  readonly #core: PoolCore;
  readonly #tasks: PoolTasks;

  /**
   * Starts the workers.
   * @param processes how many; default {@link cpuCount}
   * @throws RangeError for an option out of range; TypeError, ImpError if the initializer is not a target; ImpError if
   *   processes cannot be started
   */
  constructor(processes: number = cpuCount(), options?: PoolOptions<I> & InitargsIfNeeded<I>) {
    const { plan, bufferSize } = poolPlan(processes, options);
    this.#core = new PoolCore(plan, startWorker);
    this.#tasks = new PoolTasks(this.#core, bufferSize);
    forgotten.register(this, this.#core);
  }

  /** How many workers the pool has. */
  get processes(): number {
    return this.#core.plan.size;
  }

  /** The PIDs of the current workers. */
  get pids(): number[] {
    return this.#core.pids;
  }

  /**
   * Calls a function in a worker and waits for its result.
   * @throws what the function threw; WorkerDied; UnsendableError; Error `Pool not running`
   */
  async apply<T extends Target>(target: T, ...[args]: GivenArgs<T>): Promise<Result<T>> {
    return await this.#tasks.call<Result<T>>(target, args).get();
  }

  /**
   * Calls a function in a worker without waiting. The arguments are copied when a worker receives them.
   * @throws Error `Pool not running` after `close` or `terminate`; TypeError, ImpError if it is not a target
   */
  applyAsync<T extends Target>(
    target: T,
    ...[args, callbacks]: GivenArgs<T, [callbacks?: Callbacks<Result<T>>]>
  ): AsyncResult<Result<T>> {
    return this.#tasks.call<Result<T>>(target, args, callbacks);
  }

  /**
   * Calls a function for each item, in chunks, and waits for all results, in the order of the items.
   * @throws the first error that came, once every chunk is done
   */
  async map<T extends Target>(
    target: T,
    items: Items<ItemOf<T>>,
    chunkSize?: number,
  ): Promise<Result<T>[]> {
    return await this.mapAsync(target, items, { chunkSize }).get();
  }

  /**
   * Like {@link map}, without waiting.
   * @param options a number is the `chunkSize`
   */
  mapAsync<T extends Target>(
    target: T,
    items: Items<ItemOf<T>>,
    options: MapOptions<Result<T>[]> | number = {},
  ): AsyncResult<Result<T>[]> {
    return this.#tasks.map(target, KIND.each, items, options);
  }

  /** Like {@link map} for a function of several arguments: each item is an array of them. */
  async starmap<T extends Target>(
    target: T,
    items: Items<Arguments<T>>,
    chunkSize?: number,
  ): Promise<Result<T>[]> {
    return await this.starmapAsync(target, items, { chunkSize }).get();
  }

  /** Like {@link starmap}, without waiting. */
  starmapAsync<T extends Target>(
    target: T,
    items: Items<Arguments<T>>,
    options: MapOptions<Result<T>[]> | number = {},
  ): AsyncResult<Result<T>[]> {
    return this.#tasks.map(target, KIND.spread, items, options);
  }

  /**
   * Calls a function for each item and returns the results one by one, in the order of the items. Items are read only
   * `bufferSize` ahead: the iterable may be endless.
   * @param options a number is the `chunkSize`
   */
  imap<T extends Target>(
    target: T,
    items: Items<ItemOf<T>>,
    options: ImapOptions | number = {},
  ): ImapIterator<Result<T>> {
    return this.#tasks.imap(target, items, options, true);
  }

  /** Like {@link imap}, with the results in the order in which they arrive. */
  imapUnordered<T extends Target>(
    target: T,
    items: Items<ItemOf<T>>,
    options: ImapOptions | number = {},
  ): ImapIterator<Result<T>> {
    return this.#tasks.imap(target, items, options, false);
  }

  /** Accepts no more tasks; the workers end when all are done, each with everything its tasks have started. */
  close(): void {
    this.#core.close();
  }

  /** Ends the workers at once, with everything their tasks have started. Unfinished tasks fail with PoolTerminated. */
  terminate(): void {
    this.#core.terminate();
  }

  /**
   * Waits until the last worker has ended, with everything its tasks have started. @throws Error `Pool is still
   * running` before `close` or `terminate`
   */
  async join(): Promise<void> {
    await this.#core.join();
  }

  /** What console.log shows. */
  [shownAs](): string {
    return oneLine("Pool", `processes: ${this.processes}`, this.#core.state);
  }

  /** `await using`: terminates the pool at the end of the block and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.terminate();
    await this.join();
  }
}

// Python has more: keyword arguments of the function, a timeout.
limitArguments(Pool.prototype, { apply: 2, join: 0 });
