import { closeFile } from "../../libc/descriptors/files.ts";
import { receiveBuffer, sendBuffer } from "../../libc/descriptors/mapping.ts";

/**
 * The first byte of everything that the codec writes. Below {@link TAG.firstTag} the byte is itself a small integer,
 * from {@link TAG.shortText} on it is a short text of ASCII with its length in the lower bits.
 */
export const TAG = {
  firstTag: 0x80,
  undefined: 0x80,
  null: 0x81,
  false: 0x82,
  true: 0x83,
  int32: 0x84,
  float64: 0x85,
  bigint64: 0x86,
  bigintText: 0x87,
  utf8: 0x88,
  /** Text with lone surrogates, which UTF-8 cannot hold: code units. */
  utf16: 0x89,
  reference: 0x8a,
  object: 0x8b,
  array: 0x8c,
  /** Length, then the existing keys: holes stay holes. */
  sparseArray: 0x8d,
  int32Array: 0x8e,
  float64Array: 0x8f,
  date: 0x90,
  regexp: 0x91,
  map: 0x92,
  set: 0x93,
  boxed: 0x94,
  buffer: 0x95,
  /** A large buffer that travels as a descriptor. */
  bufferFile: 0x96,
  view: 0x97,
  error: 0x98,
  domException: 0x99,
  portable: 0x9a,
  raw: 0x9b,
  /** The same if others get it, too. */
  keptBufferFile: 0x9c,
  shortText: 0xc0,
} as const;

/** Longest text that fits a single tag. */
export const SHORT_TEXT = 0x3f;

/** Sizes are one byte, or one of these followed by the size as u32 or as float64. */
export const SIZE_U32 = 254;
export const SIZE_F64 = 255;

type ViewClass = new (buffer: ArrayBuffer, offset: number, length: number) => ArrayBufferView;

/** The views by the number that they are sent as: only append. */
const VIEW_NAMES = [
  "Uint8Array",
  "Int8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
  "Float16Array",
  "DataView",
];

/** The number of a view's class, by its name in the language: a Buffer is a Uint8Array. */
export function viewNumber(view: ArrayBufferView): number {
  return VIEW_NAMES.indexOf(Object.prototype.toString.call(view).slice(8, -1));
}

export function viewClass(number: number): ViewClass {
  return (globalThis as unknown as Record<string, ViewClass>)[VIEW_NAMES[number]];
}

type ErrorClass = new (message?: string) => Error;

/** The language's errors. Others arrive as the nearest of these, with their own name. */
const ERRORS: readonly ErrorClass[] = [
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
  AggregateError as unknown as ErrorClass,
];

export function errorNumber(error: Error): number {
  for (let i = ERRORS.length - 1; i > 0; i--) if (error instanceof ERRORS[i]) return i;
  return 0;
}

export function errorClass(number: number): ErrorClass {
  return ERRORS[number];
}

/** A value already encoded that is only passed on: inside another one it travels unchanged. */
export class Raw {
  constructor(readonly bytes: Uint8Array<ArrayBuffer>) {}
}

/**
 * From this size on a buffer travels as a memory file, copied once, instead of through sockets: for smaller ones,
 * making and mapping the file takes longer than the copies that it saves.
 */
export const LARGE_BYTES = 1 << 18;

/** @returns a descriptor that is open until the message is sent */
export function putLargeBuffer(buffer: ArrayBuffer): number {
  return sendBuffer(new Uint8Array(buffer));
}

/** Closes the descriptor. @param kept others have or get one for the same buffer */
export function takeLargeBuffer(fd: number, byteLength: number, kept: boolean): ArrayBuffer {
  return receiveBuffer(fd, byteLength, kept);
}

/** Closes the descriptors of a message: they were sent, or it is not sent after all. */
export function closeSent(fds: readonly number[]): void {
  for (const fd of fds) closeFile(fd);
}
