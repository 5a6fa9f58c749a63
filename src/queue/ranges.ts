/**
 * Numbers from 1, as ranges. They arrive roughly in order, so few ranges hold millions: the finished jobs of a run fit
 * into a small message.
 */
export class NumberRanges {
  /** First and last of each, in order, not adjacent. */
  private readonly bounds: number[];

  /** @param bounds as returned by {@link toArray} */
  constructor(bounds: readonly number[] = []) {
    this.bounds = [...bounds];
  }

  /** How many numbers it contains. */
  get size(): number {
    let size = 0;
    for (let i = 0; i < this.bounds.length; i += 2) {
      size += this.bounds[i + 1] - this.bounds[i] + 1;
    }
    return size;
  }

  /** The highest number; 0 if empty. */
  get last(): number {
    return this.bounds.at(-1) ?? 0;
  }

  has(number: number): boolean {
    const at = this.place(number);
    return at < this.bounds.length && this.bounds[at] <= number;
  }

  add(number: number): void {
    const { bounds } = this;
    const at = this.place(number);
    if (at < bounds.length && bounds[at] <= number) return;
    const joinsLower = at > 0 && bounds[at - 1] === number - 1;
    const joinsUpper = at < bounds.length && bounds[at] === number + 1;
    if (joinsLower && joinsUpper) bounds.splice(at - 1, 2);
    else if (joinsLower) bounds[at - 1] = number;
    else if (joinsUpper) bounds[at] = number;
    else bounds.splice(at, 0, number, number);
  }

  toArray(): readonly number[] {
    return [...this.bounds];
  }

  /** The index of the first range that ends at or after the number. */
  private place(number: number): number {
    const { bounds } = this;
    let low = 0, high = bounds.length >> 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (bounds[2 * middle + 1] < number) low = middle + 1;
      else high = middle;
    }
    return 2 * low;
  }
}

/** Ranges written by another process; undefined if invalid. */
export function readRanges(value: unknown): NumberRanges | undefined {
  if (!Array.isArray(value) || value.length % 2 !== 0) return undefined;
  let last = -1;
  for (let i = 0; i < value.length; i++) {
    const number = value[i];
    const least = i % 2 === 0 ? last + 2 : last;
    if (!Number.isSafeInteger(number) || number < 1 || number < least) return undefined;
    last = number;
  }
  return new NumberRanges(value);
}
