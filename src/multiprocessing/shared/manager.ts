import { oneLine, shownAs } from "../process/one_line.ts";
import { runtime } from "../../runtime/mod.ts";
import type { Barrier, BarrierOptions } from "./barrier.ts";
import { Channel } from "../wire/channel.ts";
import { checkOptions, takesNoMore } from "../process/arguments.ts";
import type { Entries, Namespace, SharedDict, SharedList } from "./containers.ts";
import type { Event } from "./event.ts";
import type { BoundedSemaphore, Condition, Lock, RLock, Semaphore } from "./lock.ts";
import { Process } from "../process/process.ts";
import type { JoinableQueue, Queue } from "./queue.ts";
import { type PoolOptions, poolPlan } from "../pool/pool.ts";
import { cpuCount } from "../process/relatives.ts";
import type { InitargsIfNeeded, Target } from "../process/target.ts";
import { OwnerDied } from "./service.ts";
import type { SharedPool } from "./shared_pool.ts";

interface Pending {
  resolve(made: unknown): void;
  reject(error: unknown): void;
}

/**
 * A separate process in which shared objects live, so that they do not end with whoever requested them, and need not
 * wait while a process is busy.
 *
 * ```ts
 * await using manager = new Manager();
 * const results = await manager.dict<string, number>();
 * ```
 *
 * It ends with the process that started it; then, or if it is killed, users of its objects get OwnerDied.
 */
export class Manager {
  readonly #process: Process;
  readonly #channel: Channel;
  readonly #pending = new Map<number, Pending>();
  #last = 0;
  #ended = false;

  /** Starts it. @throws ImpError (EAGAIN, EMFILE, ENOMEM) */
  constructor() {
    // A rest parameter would be part of the API.
    takesNoMore([...arguments], "Manager");
    const { mine, theirs } = Channel.pair();
    this.#channel = mine;
    const own = "imp:manager", source = new URL("./manager_child.ts", import.meta.url).href;
    this.#process = new Process({
      target: { module: runtime.compiled ? own : source, export: "serve" },
      args: [Channel.open(theirs)],
      daemon: true,
    });
    this.#process.name = this.#process.name.replace("Process", "Manager");
    this.#process.start();
    mine.listen({
      message: (answer) => this.#receive(answer as [id: number, made: unknown, error?: Error]),
      closed: () => this.#end(),
    });
  }

  get pid(): number {
    return this.#process.pid!;
  }

  /** Makes a {@link Queue} there. @throws OwnerDied, as do all of these methods */
  Queue<T = unknown>(maxsize?: number): Promise<Queue<T>> {
    return this.#make("Queue", maxsize);
  }

  /** Makes a {@link JoinableQueue} there. */
  JoinableQueue<T = unknown>(maxsize?: number): Promise<JoinableQueue<T>> {
    return this.#make("JoinableQueue", maxsize);
  }

  /** Makes a {@link Lock} there. */
  Lock(): Promise<Lock> {
    return this.#make("Lock");
  }

  /** Makes an {@link RLock} there. */
  RLock(): Promise<RLock> {
    return this.#make("RLock");
  }

  /** Makes a {@link Condition} there. */
  Condition(): Promise<Condition> {
    return this.#make("Condition");
  }

  /** Makes a {@link Semaphore} there. */
  Semaphore(value?: number): Promise<Semaphore> {
    return this.#make("Semaphore", value);
  }

  /** Makes a {@link BoundedSemaphore} there. */
  BoundedSemaphore(value?: number): Promise<BoundedSemaphore> {
    return this.#make("BoundedSemaphore", value);
  }

  /** Makes an {@link Event} there. */
  Event(): Promise<Event> {
    return this.#make("Event");
  }

  /** Makes a {@link Barrier} there; it cannot have an action. */
  Barrier(parties: number, options: Pick<BarrierOptions, "timeout"> = {}): Promise<Barrier> {
    checkOptions(options, { timeout: "any" }, "a manager's Barrier");
    return this.#make("Barrier", parties, options);
  }

  /**
   * Makes a pool of workers there, usable by every process that it is sent to.
   * @param processes how many workers; default {@link cpuCount}
   * @param options those of {@link Pool}
   * @throws as the constructor of {@link Pool}
   */
  async Pool<I extends Target = Target>(
    processes: number = cpuCount(),
    options?: PoolOptions<I> & InitargsIfNeeded<I>,
  ): Promise<SharedPool> {
    const { plan, bufferSize } = poolPlan(processes, options);
    return await this.#make("Pool", plan, bufferSize);
  }

  /** Makes a {@link SharedDict} there. @param entries its initial content */
  async dict<K = string, V = unknown>(
    entries: Entries<K, V> = [],
  ): Promise<SharedDict<K, V>> {
    const made = await this.#make<SharedDict<K, V>>("dict");
    await made.update(entries);
    return made;
  }

  /** Makes a {@link SharedList} there. @param values its initial content */
  async list<T = unknown>(values: Iterable<T> = []): Promise<SharedList<T>> {
    const made = await this.#make<SharedList<T>>("list");
    await made.extend(values);
    return made;
  }

  /** Makes a {@link Namespace} there. @param values its initial content */
  async Namespace(values: Readonly<Record<string, unknown>> = {}): Promise<Namespace> {
    const made = await this.#make<Namespace>("Namespace");
    await made.update(Object.entries(values));
    return made;
  }

  /** Ends the process, and its objects with it. */
  async shutdown(): Promise<void> {
    this.#channel.close();
    this.#end();
    await this.#process.join();
  }

  /** With `await using`, like Python's `with`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  /** What console.log shows. */
  [shownAs](): string {
    return oneLine("Manager", `pid: ${this.pid}`, this.#ended && "ended");
  }

  #make<T>(kind: string, ...args: unknown[]): Promise<T> {
    if (this.#ended) return Promise.reject(this.#gone());
    const id = ++this.#last;
    this.#channel.send([id, kind, ...args]);
    this.#channel.ref();
    return new Promise<T>((resolve, reject) => {
      this.#pending.set(id, { resolve: resolve as (made: unknown) => void, reject });
    });
  }

  #receive([id, made, error]: [id: number, made: unknown, error?: Error]): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.#channel.unref();
    if (error) pending?.reject(error);
    else pending?.resolve(made);
  }

  #end(): void {
    this.#ended = true;
    for (const { reject } of this.#pending.values()) reject(this.#gone());
    this.#pending.clear();
  }

  #gone(): OwnerDied {
    return new OwnerDied(`the manager, process ${this.#process.pid}, has ended`);
  }
}
