import type { AsyncResult } from "../pool/async_result.ts";
import type { Items } from "../pool/chunks.ts";
import type { Feeder, ImapIterator } from "../pool/imap_iterator.ts";
import { KIND } from "../pool/outcome.ts";
import {
  type Callbacks,
  type ImapOptions,
  type MapOptions,
  PoolTasks,
  type TaskTaker,
} from "../pool/tasks.ts";
import type { Task } from "../pool/worker.ts";
import type { Arguments, GivenArgs, ItemOf, Result, Target } from "../process/target.ts";
import type { PoolService, TaskAnswer } from "./pool_service.ts";
import type { Port } from "./port.ts";
import { registerShared, Shared } from "./shared.ts";

/** The parts of a pool other than its service. */
interface Traits {
  readonly size: number;
  readonly bufferSize: number | undefined;
}

// Its calls are repeated here, and not in a class that Pool inherits too: a class has one parent, here Shared, and the
// API pages and imp.d.ts list what stands in a class. Their implementation is in PoolTasks, once.
/**
 * A pool of workers in a {@link Manager}, used by any number of processes: `await manager.Pool(4)`. Its calls are those
 * of {@link Pool}. It ends with the last process connected to it, and with its manager; unfinished tasks then fail with
 * PoolTerminated, or OwnerDied.
 */
export class SharedPool extends Shared {
  protected readonly kind = POOL;
  readonly #traits: Traits;
  readonly #taker: RemoteTaker;
  readonly #tasks: PoolTasks;

  /** Made by a manager. */
  constructor(origin: PoolService | Port, traits: Traits) {
    super(origin);
    this.#traits = traits;
    this.#taker = new RemoteTaker(this.port, traits.size);
    this.#tasks = new PoolTasks(this.#taker, traits.bufferSize);
  }

  /** How many workers the pool has. */
  get processes(): number {
    return this.#traits.size;
  }

  /** The PIDs of the current workers. @throws OwnerDied */
  async pids(): Promise<number[]> {
    return await this.port.call("pids") as number[];
  }

  /** Like {@link Pool.apply}. @throws what the function threw; WorkerDied; OwnerDied */
  async apply<T extends Target>(target: T, ...[args]: GivenArgs<T>): Promise<Result<T>> {
    return await this.#tasks.call<Result<T>>(target, args).get();
  }

  /** Like {@link Pool.applyAsync}. */
  applyAsync<T extends Target>(
    target: T,
    ...[args, callbacks]: GivenArgs<T, [callbacks?: Callbacks<Result<T>>]>
  ): AsyncResult<Result<T>> {
    return this.#tasks.call<Result<T>>(target, args, callbacks);
  }

  /** Like {@link Pool.map}. */
  async map<T extends Target>(
    target: T,
    items: Items<ItemOf<T>>,
    chunkSize?: number,
  ): Promise<Result<T>[]> {
    return await this.mapAsync(target, items, { chunkSize }).get();
  }

  /** Like {@link Pool.mapAsync}. */
  mapAsync<T extends Target>(
    target: T,
    items: Items<ItemOf<T>>,
    options: MapOptions<Result<T>[]> | number = {},
  ): AsyncResult<Result<T>[]> {
    return this.#tasks.map(target, KIND.each, items, options);
  }

  /** Like {@link Pool.starmap}. */
  async starmap<T extends Target>(
    target: T,
    items: Items<Arguments<T>>,
    chunkSize?: number,
  ): Promise<Result<T>[]> {
    return await this.starmapAsync(target, items, { chunkSize }).get();
  }

  /** Like {@link Pool.starmapAsync}. */
  starmapAsync<T extends Target>(
    target: T,
    items: Items<Arguments<T>>,
    options: MapOptions<Result<T>[]> | number = {},
  ): AsyncResult<Result<T>[]> {
    return this.#tasks.map(target, KIND.spread, items, options);
  }

  /** Like {@link Pool.imap}. */
  imap<T extends Target>(
    target: T,
    items: Items<ItemOf<T>>,
    options: ImapOptions | number = {},
  ): ImapIterator<Result<T>> {
    return this.#tasks.imap(target, items, options, true);
  }

  /** Like {@link Pool.imapUnordered}. */
  imapUnordered<T extends Target>(
    target: T,
    items: Items<ItemOf<T>>,
    options: ImapOptions | number = {},
  ): ImapIterator<Result<T>> {
    return this.#tasks.imap(target, items, options, false);
  }

  /** This process gives it no more tasks. The pool accepts none from anybody once everything begun is submitted. */
  override close(): void {
    this.#taker.close();
  }

  /** Ends the workers at once, for everybody. Unfinished tasks fail with PoolTerminated. */
  terminate(): void {
    this.#taker.terminate();
  }

  /** Waits until the last worker has ended. @throws Error `Pool is still running` before `close` or `terminate` */
  async join(): Promise<void> {
    await this.#taker.join();
  }

  /** `await using`: terminates the pool at the end of the block and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.terminate();
    await this.join();
  }

  protected override get traits(): Traits {
    return this.#traits;
  }
}

const POOL = registerShared(
  "Pool",
  (port, traits) => new SharedPool(port, traits as Traits),
);

/** Hands tasks to the manager, each by a call that is answered when it is done. */
class RemoteTaker implements TaskTaker {
  readonly plan: { readonly size: number };
  readonly #feeders = new Set<Feeder>();
  #state: "open" | "closing" | "closed" = "open";
  #drained: (() => void)[] = [];

  constructor(private readonly port: Port, size: number) {
    this.plan = { size };
    // From now on the pool has a user.
    if (!port.local) port.call("enter").catch(() => {});
  }

  checkOpen(): void {
    if (this.#state !== "open") throw new Error("Pool not running");
  }

  submit({ fn, kind, values, settle }: Task): void {
    let answer: Promise<unknown>;
    try {
      answer = this.port.call("task", [fn.reference, kind, values]);
    } catch (error) {
      return settle({ ok: false, error });
    }
    answer.then(
      (given) => {
        const [ok, value, pid] = given as TaskAnswer;
        settle(ok ? { ok, value } : { ok: false, error: value }, pid);
      },
      (error) => settle({ ok: false, error }),
    );
  }

  addFeeder(feeder: Feeder): void {
    this.#feeders.add(feeder);
  }

  removeFeeder(feeder: Feeder): void {
    this.#feeders.delete(feeder);
    if (this.#feeders.size === 0) this.#handedIn();
  }

  /** The event loop lives while a call waits for its answer. */
  hold(): void {}
  release(): void {}

  close(): void {
    if (this.#state !== "open") return;
    this.#state = "closing";
    if (this.#feeders.size === 0) this.#handedIn();
  }

  terminate(): void {
    this.#state = "closed";
    this.port.call("terminate").catch(() => {});
    for (const feeder of [...this.#feeders]) feeder.abort();
    this.#handedIn();
  }

  async join(): Promise<void> {
    if (this.#state === "open") throw new Error("Pool is still running");
    for (const feeder of [...this.#feeders]) feeder.unbound();
    if (this.#state === "closing") {
      await new Promise<void>((resolve) => this.#drained.push(resolve));
    }
    await this.port.call("join");
  }

  /** Everything that was begun is with the pool. */
  #handedIn(): void {
    if (this.#state === "closing") {
      this.#state = "closed";
      this.port.call("close").catch(() => {});
    }
    if (this.#state === "closed") { for (const done of this.#drained.splice(0)) done(); }
  }
}
