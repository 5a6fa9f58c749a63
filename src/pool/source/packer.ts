import { ARG_MAX } from "../../libc/abi_files.ts";
import type { Template, ValuesSize } from "../template/template.ts";
import { ItemStore } from "./packed_items.ts";
import type { Item } from "../types.ts";

/** How many items one job gets. */
export interface Packing {
  /** Maximum; Infinity for as many as there is room for. */
  readonly most: number;
  /** The maximum cost of a job's words; see below. */
  readonly room: number;
  /** The maximum bytes of the words, each plus one; Infinity by default. */
  readonly maxChars?: number;
  /** How many jobs share what is left at the end of the input; one by default. */
  readonly spread?: () => number;
}

const NOTHING: ValuesSize = { count: 0, bytes: 0, longest: 0 };

/** Packs items into jobs; `-n` and `-X`. Does not wait for another item when a job is full without it. */
export class Packer {
  private readonly store = new ItemStore();
  private size = NOTHING;
  /** How many items each of the last jobs gets, once the input has ended. */
  private share = 0;

  constructor(private readonly template: Template, private readonly packing: Packing) {}

  /**
   * @returns the items of a job that is now complete. One that is too long for any job becomes its own job, so that
   *   only that one fails.
   */
  add(item: Item): Item | undefined {
    const { most } = this.packing;
    const size = withFields(this.size, item.fields);
    const { store } = this;
    if (store.length > 0 && !this.fits(size)) {
      const full = this.take();
      store.add(item.fields);
      this.size = withFields(NOTHING, item.fields);
      return full;
    }
    store.add(item.fields);
    this.size = size;
    return store.length >= most ? this.take() : undefined;
  }

  private fits(size: ValuesSize): boolean {
    const { room, maxChars = Infinity } = this.packing;
    return this.template.cost(size) <= room &&
      (maxChars === Infinity || this.template.length(size) <= maxChars);
  }

  /** How many jobs so many items make, if length does not matter. */
  jobsOf(items: number): number | undefined {
    const { most } = this.packing;
    if (most === Infinity) return undefined;
    const rest = items % most;
    return Math.floor(items / most) + (rest === 0 ? 0 : Math.ceil(rest / this.shareOf(rest)));
  }

  /** The items of the next of the last jobs; nothing more is added. @returns undefined when nothing is left */
  end(): Item | undefined {
    if (this.isEmpty) return undefined;
    this.share ||= this.shareOf(this.store.length);
    return this.store.take(this.share);
  }

  get isEmpty(): boolean {
    return this.store.length === 0;
  }

  private shareOf(items: number): number {
    return Math.ceil(items / Math.max(1, this.packing.spread?.() ?? 1));
  }

  private take(): Item {
    this.size = NOTHING;
    return this.store.take();
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

/**
 * What an argument list may have at most, whatever the stack limit; execve(2), "Limits on size of arguments and
 * environment".
 */
const MOST = 6 * 1024 * 1024;
const POINTER = 8;

/**
 * How many bytes a program's words may take, by {@link wordsCost}.
 * @param stack the soft limit on the stack in bytes, Infinity for none
 * @param environment the words of the environment
 * @param path the file executed; the kernel stores its name too
 */
export function argumentRoom(
  stack: number,
  environment: readonly { readonly length: number }[],
  path: { readonly length: number },
): number {
  const limit = Math.max(ARG_MAX, Math.min(MOST, Math.floor(stack / 4)));
  return limit - (path.length + 1) - wordsCost(environment);
}

/** How much room words take: each with its NUL and a pointer to it. */
export function wordsCost(words: readonly { readonly length: number }[]): number {
  let cost = 0;
  for (let i = 0; i < words.length; i++) cost += words[i].length + 1 + POINTER;
  return cost;
}
