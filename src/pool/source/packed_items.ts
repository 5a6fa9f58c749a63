import type { WordBlock } from "../../libc/processes/spawner.ts";
import type { Item } from "../types.ts";

const FIRST_BYTES = 1 << 12, FIRST_FIELDS = 1 << 8;

/** The items of a job that has many, in one piece of memory. */
export class PackedItems implements Item, WordBlock {
  /** @param ends of the fields in `bytes`, without their NULs */
  constructor(
    readonly bytes: Uint8Array,
    private readonly ends: Uint32Array,
    readonly holdsNul: boolean,
  ) {}

  get count(): number {
    return this.ends.length;
  }

  get fields(): readonly Uint8Array[] {
    return this.words();
  }

  words(): Uint8Array[] {
    const words: Uint8Array[] = new Array(this.ends.length);
    let start = 0;
    for (let i = 0; i < words.length; i++) {
      words[i] = this.bytes.subarray(start, this.ends[i]);
      start = this.ends[i] + 1;
    }
    return words;
  }
}

/** Collects items and returns them as {@link PackedItems}. */
export class ItemStore {
  private bytes = new Uint8Array(FIRST_BYTES);
  private used = 0;
  /** Where fields end in `bytes`. */
  private ends = new Uint32Array(FIRST_FIELDS);
  private fields = 0;
  /** For each item, the number of fields up to its end. */
  private items = new Uint32Array(FIRST_FIELDS);
  private made = 0;
  /** Items already returned. */
  private given = 0;
  private holdsNul = false;

  /** How many items are here. */
  get length(): number {
    return this.made - this.given;
  }

  add(fields: readonly Uint8Array[]): void {
    for (const field of fields) {
      while (this.used + field.length >= this.bytes.length) this.bytes = doubled(this.bytes);
      if (this.fields === this.ends.length) this.ends = doubled(this.ends);
      this.bytes.set(field, this.used);
      this.holdsNul ||= field.includes(0);
      this.used += field.length;
      this.ends[this.fields++] = this.used;
      this.bytes[this.used++] = 0;
    }
    if (this.made === this.items.length) this.items = doubled(this.items);
    this.items[this.made++] = this.fields;
  }

  /** The first `most` of them, or all. */
  take(most = Infinity): PackedItems {
    const from = this.fieldsBefore(this.given);
    this.given = Math.min(this.made, this.given + most);
    const to = this.fieldsBefore(this.given);
    const start = this.startOf(from);
    const bytes = this.bytes.slice(start, this.startOf(to));
    const ends = this.ends.slice(from, to).map((end) => end - start);
    const packed = new PackedItems(bytes, ends, this.holdsNul && holdsNul(bytes, ends));
    if (this.length === 0) this.clear();
    return packed;
  }

  private fieldsBefore(item: number): number {
    return item === 0 ? 0 : this.items[item - 1];
  }

  private startOf(field: number): number {
    return field === 0 ? 0 : this.ends[field - 1] + 1;
  }

  private clear(): void {
    this.used =
      this.fields =
      this.made =
      this.given =
        0;
    this.holdsNul = false;
  }
}

function holdsNul(bytes: Uint8Array, ends: Uint32Array): boolean {
  return new PackedItems(bytes, ends, true).words().some((word) => word.includes(0));
}

function doubled<T extends Uint8Array | Uint32Array>(array: T): T {
  const grown = new (array.constructor as new (length: number) => T)(2 * array.length);
  grown.set(array);
  return grown;
}
