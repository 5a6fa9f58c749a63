import type { Template, ValuesSize } from "./template.ts";
import type { Item } from "./types.ts";

/** How many items one job gets. */
export interface Packing {
  /** At most; Infinity for as many as there is room for. */
  readonly most: number;
  /** What the words of a job may cost; see argument_limits.ts. */
  readonly room: number;
}

const NOTHING: ValuesSize = { count: 0, bytes: 0, longest: 0 };

/** Packs items into jobs; `-n` and `-X`. Does not wait for a next item when a job is full without it. */
export class Packer {
  private items: Item[] = [];
  private size = NOTHING;

  constructor(private readonly template: Template, private readonly packing: Packing) {}

  /**
   * @returns the items of a job that is complete now. One that is too long for any job becomes a job of its own, so only
   * that one fails.
   */
  add(item: Item): readonly Item[] | undefined {
    const { most, room } = this.packing;
    if (most === 1) return [item];
    const size = withFields(this.size, item.fields);
    if (this.items.length > 0 && this.template.cost(size) > room) {
      const full = this.end();
      this.items.push(item);
      this.size = withFields(NOTHING, item.fields);
      return full;
    }
    this.items.push(item);
    this.size = size;
    return this.items.length >= most ? this.end() : undefined;
  }

  /** How many jobs so many items make, as far as their length does not matter. */
  jobsOf(items: number): number | undefined {
    const { most } = this.packing;
    return most === Infinity ? undefined : Math.ceil(items / most);
  }

  /** The items that are left at the end of the input. */
  end(): readonly Item[] | undefined {
    if (this.items.length === 0) return undefined;
    const items = this.items;
    this.items = [];
    this.size = NOTHING;
    return items;
  }
}

function withFields(size: ValuesSize, fields: readonly Uint8Array[]): ValuesSize {
  let { bytes, longest } = size;
  for (const { length } of fields) {
    bytes += length;
    longest = Math.max(longest, length);
  }
  return { count: size.count + fields.length, bytes, longest };
}
