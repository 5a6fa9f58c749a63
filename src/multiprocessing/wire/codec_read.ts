import {
  errorClass,
  Raw,
  SHORT_TEXT,
  SIZE_F64,
  SIZE_U32,
  TAG,
  takeLargeBuffer,
  viewClass,
} from "./codec_tags.ts";
import { restoreError } from "../process/own_frames.ts";
import { errorOfName, unpackerOf } from "./portable.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const KEY_SLOTS = 512;
/** Property names recur in every message: made once, found again by their bytes. */
const keys: string[] = new Array(KEY_SLOTS).fill("");

/** Reads what a Writer wrote, value after value, in the same order. */
export class Reader {
  at = 0;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  readonly #takeFd: () => number;
  #objects: unknown[] = [];

  constructor(bytes: Uint8Array<ArrayBuffer>, takeFd: () => number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#takeFd = takeFd;
  }

  get done(): boolean {
    return this.at >= this.#bytes.length;
  }

  /** Like {@link Writer.forget}. */
  forget(): void {
    if (this.#objects.length > 0) this.#objects = [];
  }

  value(): unknown {
    const tag = this.#bytes[this.at++];
    if (tag < TAG.firstTag) return tag;
    if (tag >= TAG.shortText) return this.#ascii(tag & SHORT_TEXT);
    switch (tag) {
      case TAG.undefined:
        return undefined;
      case TAG.null:
        return null;
      case TAG.false:
        return false;
      case TAG.true:
        return true;
      case TAG.int32:
        this.at += 4;
        return this.#view.getInt32(this.at - 4, true);
      case TAG.float64:
        return this.#float();
      case TAG.object:
        return this.#properties(this.#known({}));
      case TAG.array:
        return this.#array();
      case TAG.reference:
        return this.#objects[this.size()];
      default:
        return this.#rarer(tag);
    }
  }

  byte(): number {
    return this.#bytes[this.at++];
  }

  size(): number {
    const byte = this.#bytes[this.at++];
    if (byte < SIZE_U32) return byte;
    if (byte === SIZE_F64) return this.#float();
    this.at += 4;
    return this.#view.getUint32(this.at - 4, true);
  }

  #rarer(tag: number): unknown {
    switch (tag) {
      case TAG.bigint64:
        this.at += 8;
        return this.#view.getBigInt64(this.at - 8, true);
      case TAG.bigintText:
        return this.#bigint();
      case TAG.utf8:
        return decoder.decode(this.#block(this.size()));
      case TAG.utf16:
        return this.#codeUnits(this.size());
      case TAG.sparseArray:
        return this.#sparse();
      case TAG.int32Array:
        return this.#numbers(4);
      case TAG.float64Array:
        return this.#numbers(8);
      case TAG.date:
        return this.#known(new Date(this.#float()));
      case TAG.regexp:
        return this.#known(new RegExp(this.value() as string, this.value() as string));
      case TAG.map:
        return this.#map();
      case TAG.set:
        return this.#set();
      case TAG.boxed:
        return this.#known(Object(this.value()));
      case TAG.buffer:
      case TAG.bufferFile:
      case TAG.keptBufferFile:
        return this.#buffer(tag);
      case TAG.view:
        return this.#viewOf();
      case TAG.error:
      case TAG.domException:
        return this.#error(tag);
      case TAG.portable:
        return this.#portable();
      case TAG.raw:
        return this.#known(new Raw(this.#block(this.size()).slice()));
    }
    throw new RangeError(`no value begins with byte ${tag}: the message is damaged`);
  }

  /** Numbers an object as the writer did. */
  #known<T>(object: T): T {
    this.#objects.push(object);
    return object;
  }

  #float(): number {
    this.at += 8;
    return this.#view.getFloat64(this.at - 8, true);
  }

  #block(length: number): Uint8Array<ArrayBuffer> {
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }

  #bigint(): bigint {
    const text = this.value() as string;
    return text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text);
  }

  #ascii(length: number): string {
    if (length > 24) return decoder.decode(this.#block(length));
    const bytes = this.#bytes;
    let text = "";
    for (const end = this.at + length; this.at < end; this.at++) {
      text += String.fromCharCode(bytes[this.at]);
    }
    return text;
  }

  #codeUnits(length: number): string {
    let text = "";
    for (let i = 0; i < length; i++, this.at += 2) {
      text += String.fromCharCode(this.#view.getUint16(this.at, true));
    }
    return text;
  }

  /** A text that was probably read before. */
  #key(): string {
    const bytes = this.#bytes;
    const tag = bytes[this.at];
    if (tag < TAG.shortText) return this.value() as string;
    const length = tag & SHORT_TEXT;
    const start = this.at + 1;
    let hash = length;
    for (let i = 0; i < length; i++) hash = (hash * 31 + bytes[start + i]) | 0;
    const slot = hash & (KEY_SLOTS - 1);
    const known = keys[slot];
    if (known.length === length) {
      let i = 0;
      while (i < length && known.charCodeAt(i) === bytes[start + i]) i++;
      if (i === length) {
        this.at = start + length;
        return known;
      }
    }
    return keys[slot] = this.value() as string;
  }

  #properties<T extends object>(object: T): T {
    for (let left = this.size(); left > 0; left--) {
      const key = this.#key();
      const value = this.value();
      if (key === "__proto__") define(object, key, value);
      else (object as Record<string, unknown>)[key] = value;
    }
    return object;
  }

  #array(): unknown[] {
    const array: unknown[] = this.#known([]);
    for (let left = this.size(); left > 0; left--) array.push(this.value());
    return array;
  }

  #sparse(): unknown[] {
    const array: unknown[] = this.#known([]);
    array.length = this.size();
    return this.#properties(array);
  }

  #numbers(width: 4 | 8): number[] {
    const array: number[] = this.#known([]);
    const view = this.#view;
    const end = this.size() * width + this.at;
    let { at } = this;
    if (width === 4) { for (; at < end; at += 4) array.push(view.getInt32(at, true)); }
    else for (; at < end; at += 8) array.push(view.getFloat64(at, true));
    this.at = end;
    return array;
  }

  /** All keys, then all values. */
  #map(): Map<unknown, unknown> {
    const map = this.#known(new Map());
    const size = this.size() / 2;
    const names: unknown[] = [];
    for (let i = 0; i < size; i++) names.push(this.value());
    for (let i = 0; i < size; i++) map.set(names[i], this.value());
    return map;
  }

  #set(): Set<unknown> {
    const set = this.#known(new Set());
    for (let left = this.size(); left > 0; left--) set.add(this.value());
    return set;
  }

  #buffer(tag: number): ArrayBuffer {
    const length = this.size();
    const most = this.size() - 1;
    const taken = tag === TAG.buffer
      ? undefined
      : takeLargeBuffer(this.#takeFd(), length, tag === TAG.keptBufferFile);
    if (taken && most < 0) return this.#known(taken);
    const buffer = most < 0
      ? new ArrayBuffer(length)
      : new ArrayBuffer(length, { maxByteLength: most });
    const source = taken ? new Uint8Array(taken) : this.#block(length);
    new Uint8Array(buffer).set(source);
    return this.#known(buffer);
  }

  #viewOf(): unknown {
    const number = this.#objects.push(undefined) - 1;
    const View = viewClass(this.byte());
    const offset = this.size();
    const length = this.size();
    const view = new View(this.value() as ArrayBuffer, offset, length);
    this.#objects[number] = view;
    return view;
  }

  #error(tag: number): Error {
    const number = this.#objects.push(undefined) - 1;
    const Class = tag === TAG.error ? errorClass(this.byte()) : undefined;
    const name = this.value() as string;
    const message = this.value() as string;
    // An AggregateError's own list comes with its properties.
    const error = Class === undefined
      ? new DOMException(message, name)
      : Class === (AggregateError as unknown)
      ? new AggregateError([], message)
      : new Class(message);
    this.#objects[number] = error;
    const own = errorOfName(name);
    if (own) Object.setPrototypeOf(error, own.prototype);
    restoreError(error, name, this.value());
    for (let left = this.size(); left > 0; left--) {
      const key = this.#key();
      define(error, key, this.value(), key !== "cause" && key !== "errors");
    }
    return error;
  }

  #portable(): unknown {
    const number = this.#objects.push(undefined) - 1;
    const kind = this.value() as string;
    const fds: number[] = [];
    for (let left = this.size(); left > 0; left--) fds.push(this.#takeFd());
    const data = this.value();
    const unpack = unpackerOf(kind);
    if (!unpack) throw new TypeError(`a ${kind} arrived, and nothing here knows what that is`);
    const object = unpack(data, fds);
    this.#objects[number] = object;
    return object;
  }
}

function define(object: object, key: string, value: unknown, enumerable = true): void {
  Object.defineProperty(object, key, { value, enumerable, writable: true, configurable: true });
}
