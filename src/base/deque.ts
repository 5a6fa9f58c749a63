/** A queue with two ends whose operations take constant time, however long it is. */
export class Deque<T> {
  #items: (T | undefined)[] = new Array(16);
  #first = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  first(): T | undefined {
    return this.#size > 0 ? this.#items[this.#first] : undefined;
  }

  push(item: T): void {
    this.#makeRoom();
    this.#items[(this.#first + this.#size) & (this.#items.length - 1)] = item;
    this.#size++;
  }

  /** Adds an item at the front. */
  unshift(item: T): void {
    this.#makeRoom();
    this.#first = (this.#first - 1) & (this.#items.length - 1);
    this.#items[this.#first] = item;
    this.#size++;
  }

  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const item = this.#items[this.#first];
    this.#items[this.#first] = undefined;
    this.#first = (this.#first + 1) & (this.#items.length - 1);
    this.#size--;
    return item;
  }

  /** Removes and returns all items, first to last. */
  drain(): T[] {
    const items: T[] = [];
    while (this.#size > 0) items.push(this.shift()!);
    return items;
  }

  /** A copy, first to last. */
  toArray(): T[] {
    const items = new Array<T>(this.#size);
    const mask = this.#items.length - 1;
    for (let i = 0; i < items.length; i++) items[i] = this.#items[(this.#first + i) & mask] as T;
    return items;
  }

  #makeRoom(): void {
    const { length } = this.#items;
    if (this.#size < length) return;
    // A power of two, so that positions wrap by a mask.
    const items: (T | undefined)[] = new Array(2 * length);
    for (let i = 0; i < length; i++) items[i] = this.#items[(this.#first + i) & (length - 1)];
    this.#items = items;
    this.#first = 0;
  }
}
