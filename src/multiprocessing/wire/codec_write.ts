import { ByteWriter } from "./codec_bytes.ts";
import { errorNumber, LARGE_BYTES, putLargeBuffer, Raw, TAG, viewNumber } from "./codec_tags.ts";
import { pack, type Packed, type Portable } from "./portable.ts";
import { obstacle, tagOf, whyUnsendable } from "./unsendable.ts";

/** Thrown only inside the writer: which value cannot be sent is determined afterwards, with its path. */
export class Refused extends Error {
  constructor(readonly value: unknown) {
    super("refused");
  }
}

/** Longer ones that contain only numbers are written as one block. */
const PACKED_FROM = 8;
/** Named properties of longer arrays are ignored: looking for them takes longer than sending the elements. */
const NAMED_UP_TO = 64;
/** How many objects are searched one by one before a Map pays off. */
const FEW = 8;
/** How many descriptors a message may carry (the kernel's limit is 253); further large buffers go inline. */
const MOST_FDS = 64;

/** Writes values one after another; every object met a second time is written as a reference. */
export class Writer extends ByteWriter {
  fds: number[] = [];
  /** The written value is kept, and may be read several times. */
  kept = false;
  #count = 0;
  #few: object[] = [];
  #many: Map<object, number> | undefined;

  /** Discards what was written; the memory is kept unless it has become large. */
  override reset(): void {
    super.reset();
    this.fds = [];
    this.kept = false;
    this.forget();
  }

  /** What follows shares nothing with what came before. */
  forget(): void {
    if (this.#count === 0) return;
    this.#count = 0;
    this.#few.length = 0;
    this.#many = undefined;
  }

  value(value: unknown): void {
    switch (typeof value) {
      case "number":
        return this.number(value);
      case "string":
        return this.text(value);
      case "object":
        return value === null ? this.byte(TAG.null) : this.#object(value);
      case "undefined":
        return this.byte(TAG.undefined);
      case "boolean":
        return this.byte(value ? TAG.true : TAG.false);
      case "bigint":
        return this.bigint(value);
      default:
        throw new Refused(value);
    }
  }

  #object(object: object): void {
    if (this.#seen(object)) return;
    if (Array.isArray(object)) return this.#array(object);
    const prototype = Object.getPrototypeOf(object);
    if (prototype === Object.prototype || prototype === null) return this.#plain(object);
    this.#special(object);
  }

  /** Writes a reference to an object written before; numbers a new one. */
  #seen(object: object): boolean {
    let found: number | undefined;
    if (this.#many) found = this.#many.get(object);
    else {
      for (let i = 0; i < this.#count; i++) if (this.#few[i] === object) found = i;
    }
    if (found !== undefined) {
      this.byte(TAG.reference);
      this.size(found);
      return true;
    }
    if (this.#many) this.#many.set(object, this.#count);
    else if (this.#count < FEW) this.#few.push(object);
    else this.#many = new Map([...this.#few, object].map((known, i) => [known, i]));
    this.#count++;
    return false;
  }

  #plain(object: object): void {
    this.byte(TAG.object);
    this.#properties(object);
  }

  #properties(object: object): void {
    const keys = Object.keys(object);
    this.size(keys.length);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i];
      this.text(key);
      this.value((object as Record<string, unknown>)[key]);
    }
  }

  #array(array: unknown[]): void {
    const { length } = array;
    const named = length <= NAMED_UP_TO && Object.keys(array).length !== length;
    const kind = named || length < PACKED_FROM ? undefined : packedKind(array);
    if (kind) return this.#numbers(array as number[], kind);
    if (named || hasHole(array)) {
      this.byte(TAG.sparseArray);
      this.size(length);
      return this.#properties(array);
    }
    this.#elements(array);
  }

  /** An array that has only elements, and is met once. */
  tuple(array: readonly unknown[]): void {
    this.#seen(array);
    this.#elements(array);
  }

  #elements(array: readonly unknown[]): void {
    this.byte(TAG.array);
    this.size(array.length);
    for (let i = 0; i < array.length; i++) this.value(array[i]);
  }

  #numbers(array: number[], kind: PackedKind): void {
    const { length } = array;
    const width = kind === TAG.int32Array ? 4 : 8;
    this.byte(kind);
    this.size(length);
    this.reserve(width * length);
    const view = this.view;
    let at = this.at;
    if (kind === TAG.int32Array) {
      for (let i = 0; i < length; i++, at += 4) view.setInt32(at, array[i], true);
    } else for (let i = 0; i < length; i++, at += 8) view.setFloat64(at, array[i], true);
    this.at = at;
  }

  /** Everything that is neither an array nor a plain object. */
  #special(object: object): void {
    if (object instanceof Raw) return this.#raw(object);
    if (pack in object) return this.#portable((object as Portable)[pack](this.kept));
    if (ArrayBuffer.isView(object)) return this.#viewOf(object);
    if (object instanceof Error) return this.#error(object);
    if (obstacle(object)) throw new Refused(object);
    if (object instanceof ArrayBuffer) return this.#buffer(object);
    if (object instanceof Map) return this.#items(TAG.map, [...object.keys(), ...object.values()]);
    if (object instanceof Set) return this.#items(TAG.set, [...object]);
    if (object instanceof Date) {
      this.byte(TAG.date);
      return this.float(object.getTime());
    }
    if (object instanceof RegExp) {
      this.byte(TAG.regexp);
      this.text(object.source);
      return this.text(object.flags);
    }
    if (isBoxed(object)) {
      this.byte(TAG.boxed);
      return this.value(object.valueOf());
    }
    this.#plain(object);
  }

  #items(tag: number, items: unknown[]): void {
    this.byte(tag);
    this.size(items.length);
    for (const item of items) this.value(item);
  }

  #viewOf(view: ArrayBufferView): void {
    if (obstacle(view.buffer)) throw new Refused(view);
    this.byte(TAG.view);
    this.byte(viewNumber(view));
    this.size(view.byteOffset);
    this.size((view as Uint8Array).length ?? view.byteLength);
    this.value(view.buffer);
  }

  #buffer(buffer: ArrayBuffer): void {
    const { byteLength } = buffer;
    const large = this.fds.length < MOST_FDS && byteLength >= LARGE_BYTES;
    this.byte(!large ? TAG.buffer : this.kept ? TAG.keptBufferFile : TAG.bufferFile);
    this.size(byteLength);
    this.size(buffer.resizable ? buffer.maxByteLength + 1 : 0);
    if (large) {
      this.fds.push(putLargeBuffer(buffer));
      return;
    }
    this.reserve(byteLength);
    this.bytes.set(new Uint8Array(buffer), this.at);
    this.at += byteLength;
  }

  #error(error: Error): void {
    const isDom = tagOf(error) === "DOMException";
    this.byte(isDom ? TAG.domException : TAG.error);
    if (!isDom) this.byte(errorNumber(error));
    this.value(String(error.name));
    this.value(String(error.message));
    this.value(typeof error.stack === "string" ? error.stack : undefined);
    this.#properties(errorExtras(error));
  }

  #raw({ bytes }: Raw): void {
    this.byte(TAG.raw);
    this.size(bytes.length);
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  #portable({ kind, data, fds }: Packed): void {
    this.byte(TAG.portable);
    this.text(kind);
    this.size(fds.length);
    this.fds.push(...fds);
    this.value(data);
  }
}

export type PackedKind = typeof TAG.int32Array | typeof TAG.float64Array;

/** Whether an array contains only numbers, and which kind of block holds them all. */
function packedKind(array: readonly unknown[]): PackedKind | undefined {
  let kind: PackedKind = TAG.int32Array;
  for (let i = 0; i < array.length; i++) {
    const item = array[i];
    if (typeof item !== "number") return undefined;
    if ((item | 0) !== item || (item === 0 && Object.is(item, -0))) kind = TAG.float64Array;
  }
  return kind;
}

function hasHole(array: readonly unknown[]): boolean {
  for (let i = 0; i < array.length; i++) if (array[i] === undefined && !(i in array)) return true;
  return false;
}

function isBoxed(object: object): boolean {
  return object instanceof Number || object instanceof String || object instanceof Boolean ||
    object instanceof BigInt || object instanceof Symbol;
}

/** Cause, errors and the properties set on an error (`code`, `path`): those that can be sent. */
function errorExtras(error: Error): Record<string, unknown> {
  const extras: Record<string, unknown> = {};
  for (const key of ["cause", "errors", ...Object.keys(error)]) {
    if (/^(name|message|stack|line|column|sourceURL)$/.test(key) || !Object.hasOwn(error, key)) {
      continue;
    }
    const value = (error as unknown as Record<string, unknown>)[key];
    // An error must arrive: a part that cannot be sent is described instead.
    const reason = whyUnsendable(value, key);
    extras[key] = reason ? `(not sent: ${reason})` : value;
  }
  return extras;
}
