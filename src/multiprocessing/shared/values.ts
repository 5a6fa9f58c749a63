import { oneLine, shownAs } from "../process/one_line.ts";
import { checkOptions, isIterable, misused, valueInMessage } from "../process/arguments.ts";
import { Lock, RLock } from "./lock.ts";
import { pack, type Packed, type Portable, registerPortable } from "../wire/portable.ts";
import { SharedMemory } from "./claims.ts";

const TYPES = {
  i8: Int8Array,
  u8: Uint8Array,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  i64: BigInt64Array,
  u64: BigUint64Array,
  f32: Float32Array,
  f64: Float64Array,
} as const;

/** How numbers are stored; `i64` and `u64` are bigint. */
export type NumberType = keyof typeof TYPES;
/** The JavaScript type of such a number. */
export type NumberOf<T extends NumberType> = T extends "i64" | "u64" ? bigint : number;
/** The typed array for such numbers. */
export type ArrayOf<T extends NumberType> = InstanceType<(typeof TYPES)[T]>;

/** How {@link Value} and {@link SharedArray} are guarded. */
export interface MemoryOptions {
  /** False: without a lock, so that sending it takes no connection. A lock: that one guards it. */
  lock?: boolean | Lock | RLock;
}

/** As many as console.log shows of an array. */
const MOST_SHOWN = 100;

interface Sent {
  readonly type: NumberType;
  readonly memory: SharedMemory;
  readonly lock?: Lock | RLock;
}

/** A typed array and, unless declined, its lock. */
export abstract class Memory<T extends NumberType> implements Portable {
  /** The memory itself: all processes see what is written here. */
  readonly array: ArrayOf<T>;
  private readonly memory: SharedMemory;
  private readonly lock: Lock | RLock | undefined;

  protected constructor(
    /** How its numbers are stored. */
    readonly type: T,
    private readonly kind: string,
    length: number,
    from: Sent | MemoryOptions,
  ) {
    if (!Object.hasOwn(TYPES, type)) {
      throw misused(`type is one of ${Object.keys(TYPES).join(", ")}, not ${type}`);
    }
    const make = TYPES[type];
    const received = isSent(from) ? from : undefined;
    const guard = received ? received.lock : lockOf(from as MemoryOptions, kind);
    this.memory = received?.memory ??
      new SharedMemory(Math.max(1, length) * make.BYTES_PER_ELEMENT);
    this.array = new make(this.memory.buffer, 0, length) as ArrayOf<T>;
    this.lock = guard;
  }

  /** Guards what takes several steps. It lives in the process that made the memory. @throws Error if it has none */
  getLock(): Lock | RLock {
    if (!this.lock) throw new Error("it was made without a lock");
    return this.lock;
  }

  /** Adds atomically, even if others add at the same time. @returns the number before */
  protected addTo(index: number, amount: NumberOf<T>): NumberOf<T> {
    const { array } = this;
    if (!(Number.isInteger(index) && index >= 0 && index < array.length)) {
      throw new RangeError(`there is no element ${index}`);
    }
    this.check(amount);
    if (array instanceof Float32Array || array instanceof Float64Array) {
      return addToFloat(array, index, amount as number) as NumberOf<T>;
    }
    return Atomics.add(array as Int32Array, index, amount as number) as NumberOf<T>;
  }

  /** Values of another type would be taken for 0, converted from text, or lose their fraction. @throws TypeError */
  protected check(value: unknown): void {
    const { type } = this;
    const [fits, kind] = type === "i64" || type === "u64"
      ? [typeof value === "bigint", "bigint"]
      : type === "f32" || type === "f64"
      ? [typeof value === "number", "number"]
      : [Number.isInteger(value), "whole number"];
    if (fits) return;
    throw misused(`${type} takes a ${kind}, not ${value}`);
  }

  /** What console.log shows. */
  [shownAs](): string {
    const { kind, type, array } = this;
    const some = Array.from(array.subarray(0, MOST_SHOWN) as Iterable<number | bigint>, String);
    const more = array.length - some.length;
    const all = `[${[...some, ...more > 0 ? [`… ${more} more`] : []].join(", ")}]`;
    return oneLine(kind, type, kind === "Value" ? some[0] : all, !this.lock && "no lock");
  }

  [pack](): Packed {
    const { type, memory, lock, array } = this;
    return { kind: this.kind, data: { type, memory, lock, length: array.length }, fds: [] };
  }
}

function isSent(from: Sent | MemoryOptions): from is Sent {
  return typeof from === "object" && from !== null && "memory" in from &&
    from.memory instanceof SharedMemory;
}

function lockOf(options: MemoryOptions, kind: string): Lock | RLock | undefined {
  checkOptions(options, { lock: "any" }, kind);
  const { lock = true } = options;
  if (lock === true) return new RLock();
  if (lock === false) return undefined;
  if (lock instanceof Lock || lock instanceof RLock) return lock;
  throw misused(`${kind}: lock must be true, false, a Lock or an RLock`);
}

/**
 * A number that processes share, without a word between them.
 *
 * ```ts
 * const count = new Value("i32");
 * count.add(1);
 * await count.getLock().with(() => count.value *= 2);
 * ```
 */
export class Value<T extends NumberType = NumberType> extends Memory<T> {
  /** @throws TypeError for an unknown type or an invalid value; ImpError (EMFILE, ENOMEM) */
  constructor(type: T, initial?: NumberOf<T>, options: MemoryOptions | Sent = {}) {
    super(type, "Value", 1, options);
    if (initial !== undefined) this.value = initial;
  }

  /** The number. */
  get value(): NumberOf<T> {
    return this.array[0] as NumberOf<T>;
  }

  /** Written whole, never half; but `value++` reads and writes: use {@link add}, or the lock. */
  set value(value: NumberOf<T>) {
    this.check(value);
    this.array[0] = value;
  }

  /** Adds atomically, even if others add at the same time. @returns the number before */
  add(amount: NumberOf<T>): NumberOf<T> {
    return this.addTo(0, amount);
  }
}

/** Numbers shared by processes: Python's `Array`. */
export class SharedArray<T extends NumberType = NumberType> extends Memory<T> {
  /**
   * @param source how many numbers, all 0; or the numbers
   * @throws TypeError for an unknown type or an invalid value; RangeError for an invalid length; ImpError (EMFILE,
   *   ENOMEM)
   */
  constructor(type: T, source: number | Iterable<NumberOf<T>>, options: MemoryOptions | Sent = {}) {
    if (typeof source !== "number" && !isIterable(source)) {
      const shown = valueInMessage(source);
      throw misused(`SharedArray takes how many numbers, or the numbers, not ${shown}`);
    }
    const values = typeof source === "number" ? undefined : [...source];
    const length = values?.length ?? source as number;
    if (!(Number.isInteger(length) && length >= 0)) throw new RangeError(`a length of ${length}`);
    super(type, "SharedArray", length, options);
    values?.forEach((value, i) => (this.check(value), this.array[i] = value));
  }

  /** How many numbers there are. */
  get length(): number {
    return this.array.length;
  }

  /** Adds atomically, even if others add at the same time. @returns the number before */
  add(index: number, amount: NumberOf<T>): NumberOf<T> {
    return this.addTo(index, amount);
  }

  /** The numbers as of when they are read. */
  [Symbol.iterator](): IterableIterator<NumberOf<T>> {
    return this.array[Symbol.iterator]() as IterableIterator<NumberOf<T>>;
  }
}

/** Indexing, as in Python, would find nothing, and what it sets would silently stay in this process. */
const notIndexed: ProxyHandler<object> = {
  get(memory, name, array) {
    checkNotIndex(name);
    return Reflect.get(memory, name, array);
  },
  set(memory, name, value, array) {
    checkNotIndex(name);
    return Reflect.set(memory, name, value, array);
  },
};

function checkNotIndex(name: string | symbol): void {
  if (typeof name === "string" && /^(?:0|[1-9]\d*)$/.test(name)) {
    throw misused(`the numbers of a SharedArray are in its array: write ….array[${name}]`);
  }
}

// Behind everything that an array has: only what is missing gets there, so nothing becomes slower.
Object.setPrototypeOf(SharedArray.prototype, new Proxy(Memory.prototype, notIndexed));

/** No processor adds to a float atomically: the sum is written only if the number is still the one that was read. */
function addToFloat(array: Float32Array | Float64Array, index: number, amount: number): number {
  const { buffer, byteOffset, length } = array;
  const single = array instanceof Float32Array;
  const bits = single
    ? new Int32Array(buffer, byteOffset, length)
    : new BigInt64Array(buffer, byteOffset, length);
  const number = single ? new Float32Array(1) : new Float64Array(1);
  const numberBits = single ? new Int32Array(number.buffer) : new BigInt64Array(number.buffer);
  for (;;) {
    const before = Atomics.load(bits as Int32Array, index);
    numberBits[0] = before;
    const value = number[0];
    number[0] = value + amount;
    const after = numberBits[0] as number;
    if (Atomics.compareExchange(bits as Int32Array, index, before, after) === before) return value;
  }
}

type SentArray = Sent & { length: number };

registerPortable("Value", (data) => new Value((data as Sent).type, undefined, data as Sent));
registerPortable("SharedArray", (data) => {
  const { type, length } = data as SentArray;
  return new SharedArray(type, length, data as SentArray);
});
