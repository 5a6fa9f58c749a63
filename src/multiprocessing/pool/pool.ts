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
  /** Called in each worker before its first task. If it throws, the pool is broken: every task fails with that. */
  initializer?: I;
  /** The initializer's arguments. */
  initargs?: Arguments<I>;
  /** A worker that has done so many tasks is replaced; a chunk of a map is one task. Without it workers stay. */
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

/** What a pool is to be, made of what users give. @throws as the constructor of {@link Pool} */
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

/** Pools that nobody refers to any more do not keep their workers. */
const forgotten = new FinalizationRegistry<PoolCore>((core) => core.abandon());

/**
 * Worker processes that call functions for this one, after Python's multiprocessing.Pool.
 *
 * Each worker runs one task at a time. A task whose worker dies fails with {@link WorkerDied}, is not run again, and the
 * worker is replaced. The workers are daemonic: they end with this process, however it ends. What their tasks have started
 * ends with them.
 */
export class Pool<I extends Target = Target> {
  readonly #core: PoolCore;
  readonly #tasks: PoolTasks;

  /**
   * Starts the workers.
   * @param processes how many; default {@link cpuCount}
   * @throws RangeError for an option out of range; TypeError, ImpError for an initializer that is no target; ImpError when
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

  /** The PIDs of the workers that there are now. */
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
   * Has a function called in a worker. The arguments are copied when a worker gets them.
   * @throws Error `Pool not running` after `close` or `terminate`; TypeError, ImpError for what is no target
   */
  applyAsync<T extends Target>(
    target: T,
    ...[args, callbacks]: GivenArgs<T, [callbacks?: Callbacks<Result<T>>]>
  ): AsyncResult<Result<T>> {
    return this.#tasks.call<Result<T>>(target, args, callbacks);
  }

  /**
   * Calls a function for each item, in chunks, and waits for all results, which are in the order of the items.
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
   * As {@link map}, without waiting.
   * @param options a number is the `chunkSize`
   */
  mapAsync<T extends Target>(
    target: T,
    items: Items<ItemOf<T>>,
    options: MapOptions<Result<T>[]> | number = {},
  ): AsyncResult<Result<T>[]> {
    return this.#tasks.map(target, KIND.each, items, options);
  }

  /** As {@link map} for a function of several arguments: each item is an array of them. */
  async starmap<T extends Target>(
    target: T,
    items: Items<Arguments<T>>,
    chunkSize?: number,
  ): Promise<Result<T>[]> {
    return await this.starmapAsync(target, items, { chunkSize }).get();
  }

  /** As {@link starmap}, without waiting. */
  starmapAsync<T extends Target>(
    target: T,
    items: Items<Arguments<T>>,
    options: MapOptions<Result<T>[]> | number = {},
  ): AsyncResult<Result<T>[]> {
    return this.#tasks.map(target, KIND.spread, items, options);
  }

  /**
   * Calls a function for each item and gives the results one by one, in the order of the items. Items are read only
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

  /** As {@link imap}, the results in the order in which they come. */
  imapUnordered<T extends Target>(
    target: T,
    items: Items<ItemOf<T>>,
    options: ImapOptions | number = {},
  ): ImapIterator<Result<T>> {
    return this.#tasks.imap(target, items, options, false);
  }

  /** No more tasks are taken; the workers end when all are done, and with each what its tasks have started. */
  close(): void {
    this.#core.close();
  }

  /** Ends the workers at once, with all that their tasks have started. Tasks that are not done fail with PoolTerminated. */
  terminate(): void {
    this.#core.terminate();
  }

  /** Waits until the last worker has ended, with all that its tasks have started. @throws Error `Pool is still running` before `close` or `terminate` */
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

// Of Python's: keywords of the function, a time.
limitArguments(Pool.prototype, { apply: 2, join: 0 });
