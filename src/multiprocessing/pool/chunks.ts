import { Cell, type Outcome } from "./outcome.ts";
import { misused, valueInMessage } from "../process/arguments.ts";

/** Each worker gets about this many chunks of a map: few enough to be cheap, enough to even out slow ones. */
const CHUNKS_PER_WORKER = 4;

/** CPython's rule for how many items of a map make one task (Lib/multiprocessing/pool.py, Pool._map_async). */
export function chunkSize(items: number, workers: number): number {
  return Math.ceil(items / (CHUNKS_PER_WORKER * workers));
}

/** @throws RangeError for anything but a positive whole number */
export function checkedChunkSize(size: number): number {
  return positive(size, "chunkSize");
}

/** @throws RangeError that names the option */
export function positive(value: number, name: string): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new RangeError(
    `${name} must be a whole number of at least 1, not ${valueInMessage(value)}`,
  );
}

/** Gathers the chunks of a map: all results in order or, once every chunk is done, the first error that came. */
export class MapResult<R> {
  readonly cell = new Cell<R[]>();
  #chunks: R[][];
  #left: number;
  #failure: (Outcome<never> & { ok: false }) | undefined;

  constructor(chunks: number) {
    this.#chunks = new Array(chunks);
    this.#left = chunks;
    if (chunks === 0) this.#finish();
  }

  settle(chunk: number, outcome: Outcome<R[]>): void {
    if (outcome.ok) this.#chunks[chunk] = outcome.value;
    else this.#failure ??= outcome;
    if (--this.#left === 0) this.#finish();
  }

  #finish(): void {
    this.cell.settle(this.#failure ?? { ok: true, value: this.#joined() });
    this.#chunks = [];
  }

  #joined(): R[] {
    // For a few chunks, concat builds the list faster than flat; a single chunk is the list.
    const [first = [], ...others] = this.#chunks;
    return others.length === 0 ? first : first.concat(...others);
  }
}

/** Anything that can be iterated. Arrays are listed separately so that compilers name the one wrong item. */
export type Items<T> = readonly T[] | Iterable<T> | AsyncIterable<T>;

/** Reads chunks of items, never more than one chunk ahead of what was requested. */
export class ChunkSource<T> {
  readonly #iterator: Iterator<T> | AsyncIterator<T>;
  #ended = false;

  constructor(items: Items<T>, private readonly size: number) {
    this.#iterator = iteratorOf(items);
  }

  /** No more can come. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * The next items, fewer than the size only at the end, and none after it; a promise if they have to be waited for.
   * @throws what the iterable throws, after the items before it have been returned
   */
  read(): T[] | Promise<T[]> {
    const chunk: T[] = [];
    while (chunk.length < this.size && !this.#ended) {
      const result = this.#iterator.next();
      if (result instanceof Promise) return this.#rest(chunk, result);
      this.#add(chunk, result as IteratorResult<T>);
    }
    return chunk;
  }

  /** Nothing more is wanted. */
  stop(): void {
    if (this.#ended) return;
    this.#ended = true;
    // What an iterator does at its end is its own affair: nobody is left to receive its error.
    try {
      Promise.resolve(this.#iterator.return?.()).catch(() => {});
    } catch {
      return;
    }
  }

  async #rest(chunk: T[], result: Promise<IteratorResult<T>>): Promise<T[]> {
    this.#add(chunk, await result);
    while (chunk.length < this.size && !this.#ended) {
      this.#add(chunk, await this.#iterator.next());
    }
    return chunk;
  }

  #add(chunk: T[], result: IteratorResult<T>): void {
    if (result.done) this.#ended = true;
    else chunk.push(result.value);
  }
}

/** All items in one array; a promise of it if they have to be waited for. @throws TypeError */
export function allOf<T>(items: Items<T>): T[] | Promise<T[]> {
  const iterator = iteratorOf(items);
  return Symbol.asyncIterator in Object(items)
    ? waitForAll(iterator as AsyncIterator<T>)
    : [...items as Iterable<T>];
}

async function waitForAll<T>(iterator: AsyncIterator<T>): Promise<T[]> {
  const all: T[] = [];
  for (;;) {
    const { done, value } = await iterator.next();
    if (done) return all;
    all.push(value);
  }
}

/** @throws TypeError if it cannot be iterated */
function iteratorOf<T>(items: Items<T>): Iterator<T> | AsyncIterator<T> {
  const given = Object(items) as Partial<Iterable<T> & AsyncIterable<T>>;
  const iterator = given[Symbol.asyncIterator]?.() ?? given[Symbol.iterator]?.();
  if (iterator) return iterator;
  throw misused(`${String(items)} cannot be iterated`);
}
