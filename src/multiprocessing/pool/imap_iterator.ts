import { oneLine, shownAs } from "../process/one_line.ts";
import { checkTimeout } from "../process/arguments.ts";
import { asThrownHere, outcomeWithin } from "./async_result.ts";
import { ChunkSource, type Items } from "./chunks.ts";
import { Cell, type Outcome, type Waiting } from "./outcome.ts";
import { TimeoutError } from "../wire/portable.ts";

/** A source of later tasks. */
export interface Feeder {
  /** No worker will come: stop reading. */
  abort(): void;
  /** The end of the pool is being waited for. */
  unbound(): void;
}

/** What the iterator needs from its pool. */
export interface ImapPool extends Waiting {
  /** Gives a chunk of items to a worker; `settle` gets one outcome for each. */
  submit(items: unknown[], settle: (outcomes: readonly Outcome<unknown>[]) => void): void;
  /** More items will come from this iterator. */
  begun(feeder: Feeder): void;
  /** Nothing more comes: everything is read, or nobody wants more. */
  finished(feeder: Feeder): void;
}

export interface ImapPlan {
  readonly ordered: boolean;
  readonly chunkSize: number;
  /** How many items may have been read without their results having been handed out. */
  readonly bufferSize: number;
  /** The bound holds even if somebody waits for the end of the pool and takes no results. */
  readonly bounded: boolean;
}

/**
 * The results of a function for each of many items, as they are requested. Items are read at most `bufferSize` ahead of
 * the consumer, so even an endless iterable can be processed. Leaving a `for await` loop stops the reading.
 */
export class ImapIterator<out R> implements AsyncIterableIterator<R> {
  readonly #pool: ImapPool;
  readonly #plan: ImapPlan;
  readonly #source: ChunkSource<unknown>;
  /** Results to hand out, by position: of the item, or of arrival if order does not matter. */
  #results = new Map<number, Outcome<R>>();
  #wanted = new Map<number, Cell<unknown>>();
  #nextOut = 0;
  #read = 0;
  #arrived = 0;
  /** Results that have come, handed out or not. */
  #answered = 0;
  /** Somebody waits for the end of the pool: reading no longer waits for the consumer, only for the workers. */
  #unbound = false;
  #reading = false;
  #stopped = false;
  /** What the pool may do with it. */
  readonly #feeder: Feeder = {
    abort: () => {
      this.#source.stop();
      if (!this.#reading) this.#end();
    },
    unbound: () => {
      // An explicit bound is kept.
      if (this.#plan.bounded) return;
      this.#unbound = true;
      this.#feed();
    },
  };
  #finished = false;

  /** Made by a pool. */
  constructor(pool: ImapPool, items: Items<unknown>, plan: ImapPlan) {
    this.#pool = pool;
    this.#plan = plan;
    this.#source = new ChunkSource(items, plan.chunkSize);
    pool.begun(this.#feeder);
    this.#feed();
  }

  /**
   * The next result.
   * @param timeout milliseconds; a result that did not come in time is still the next one
   * @throws TimeoutError; what the function threw for this item (the next call goes on with the next item); WorkerDied
   */
  async next(timeout?: number): Promise<IteratorResult<R>> {
    checkTimeout(timeout);
    const position = this.#nextOut++;
    const ready = this.#results.get(position);
    if (ready) return this.#handOut(position, ready);
    if (this.#over(position)) return { done: true, value: undefined };
    const cell = new Cell<unknown>();
    this.#wanted.set(position, cell);
    const outcome = await outcomeWithin(cell, timeout, this.#pool);
    if (outcome) return this.#handOut(position, outcome);
    this.#wanted.delete(position);
    this.#nextOut = Math.min(this.#nextOut, position);
    throw new TimeoutError(`no result within ${timeout} ms`);
  }

  /** Stops: what is under way is finished and discarded. */
  return(): Promise<IteratorResult<R>> {
    this.#stop();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** What console.log shows. */
  [shownAs](): string {
    const { ordered } = this.#plan;
    return oneLine("ImapIterator", !ordered && "unordered", this.#finished && "all read");
  }

  #handOut(position: number, outcome: Outcome<unknown>): IteratorResult<R> {
    this.#results.delete(position);
    if (outcome.ok && outcome.value === END) return { done: true, value: undefined };
    this.#feed();
    if (outcome.ok) return { done: false, value: outcome.value as R };
    throw asThrownHere(outcome.error);
  }

  /** Whether nothing can ever come at that position. */
  #over(position: number): boolean {
    return this.#stopped || this.#source.ended && !this.#reading && position >= this.#read;
  }

  /** Reads as far ahead as it may. */
  #feed(): void {
    if (this.#reading || this.#stopped) return;
    this.#reading = true;
    try {
      while (!this.#source.ended && this.#mayRead()) {
        const chunk = this.#source.read();
        if (chunk instanceof Promise) return void this.#later(chunk);
        this.#submit(chunk);
      }
    } catch (error) {
      this.#broken(error);
    }
    this.#pause();
  }

  async #later(chunk: Promise<unknown[]>): Promise<void> {
    try {
      this.#submit(await chunk);
    } catch (error) {
      this.#broken(error);
    }
    this.#pause();
    this.#feed();
  }

  #pause(): void {
    this.#reading = false;
    if (this.#source.ended) this.#end();
  }

  #mayRead(): boolean {
    const { chunkSize, bufferSize } = this.#plan;
    const buffered = this.#read - (this.#unbound ? this.#answered : this.#consumed());
    // At least one chunk, or nothing would ever be done.
    return buffered <= 0 || buffered + chunkSize <= bufferSize;
  }

  /** How many results have been handed out; `next` may have been called more often. */
  #consumed(): number {
    return Math.min(this.#nextOut - this.#wanted.size, this.#read);
  }

  #submit(items: unknown[]): void {
    if (items.length === 0 || this.#stopped) return;
    const first = this.#read;
    this.#read += items.length;
    this.#pool.submit(items, (outcomes) => {
      for (let i = 0; i < items.length; i++) {
        this.#arrive(this.#plan.ordered ? first + i : this.#arrived++, outcomes[i] as Outcome<R>);
      }
      this.#answered += items.length;
      if (this.#unbound) this.#feed();
    });
  }

  /** The iterable threw: that follows the results of everything it yielded before. */
  #broken(error: unknown): void {
    this.#source.stop();
    this.#arrive(this.#read++, { ok: false, error });
  }

  #arrive(position: number, outcome: Outcome<R>): void {
    if (this.#stopped) return;
    const cell = this.#wanted.get(position);
    this.#wanted.delete(position);
    if (cell) cell.settle(outcome);
    else this.#results.set(position, outcome);
  }

  /** Everything is read: there is nothing for those waiting for more. */
  #end(): void {
    for (const [position, cell] of this.#wanted) {
      if (position < this.#read) continue;
      this.#wanted.delete(position);
      cell.settle({ ok: true, value: END });
    }
    if (!this.#finished) this.#pool.finished(this.#feeder);
    this.#finished = true;
  }

  #stop(): void {
    this.#stopped = true;
    this.#results.clear();
    this.#source.stop();
    for (const cell of this.#wanted.values()) cell.settle({ ok: true, value: END });
    this.#wanted.clear();
    this.#end();
  }
}

const END = Symbol("end");
