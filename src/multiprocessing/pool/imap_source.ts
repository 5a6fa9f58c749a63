/** Anything that can be read item after item. */
export type Items<T> = Iterable<T> | AsyncIterable<T>;

/** Reads chunks of items, never more than one chunk ahead of what was asked for. */
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
   * The next items, fewer than the size only at the end, and none after it; a promise where they have to be waited for.
   * @throws what the iterable throws, at the point where the items before it are given
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
    // What an iterator does at its end is its own affair: nobody is left whom its error could reach.
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

/** All items in one array; a promise of it where they have to be waited for. @throws TypeError */
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

/** @throws TypeError for what cannot be iterated */
function iteratorOf<T>(items: Items<T>): Iterator<T> | AsyncIterator<T> {
  const given = Object(items) as Partial<Iterable<T> & AsyncIterable<T>>;
  const iterator = given[Symbol.asyncIterator]?.() ?? given[Symbol.iterator]?.();
  if (iterator) return iterator;
  throw new TypeError(`${String(items)} cannot be iterated`);
}
