import { TAG } from "./codec_tags.ts";
import { whyUnsendable } from "./unsendable.ts";

export type PackedKind = typeof TAG.int32Array | typeof TAG.float64Array;

/** Whether an array is numbers only, and which kind of block holds them all. */
export function packedKind(array: readonly unknown[]): PackedKind | undefined {
  let kind: PackedKind = TAG.int32Array;
  for (let i = 0; i < array.length; i++) {
    const item = array[i];
    if (typeof item !== "number") return undefined;
    if ((item | 0) !== item || (item === 0 && Object.is(item, -0))) kind = TAG.float64Array;
  }
  return kind;
}

export function hasHole(array: readonly unknown[]): boolean {
  for (let i = 0; i < array.length; i++) if (array[i] === undefined && !(i in array)) return true;
  return false;
}

export function isBoxed(object: object): boolean {
  return object instanceof Number || object instanceof String || object instanceof Boolean ||
    object instanceof BigInt || object instanceof Symbol;
}

/** Cause, errors and the properties that were set on an error (`code`, `path`): those of them that can be sent. */
export function errorExtras(error: Error): Record<string, unknown> {
  const extras: Record<string, unknown> = {};
  for (const key of ["cause", "errors", ...Object.keys(error)]) {
    if (/^(name|message|stack|line|column|sourceURL)$/.test(key) || !Object.hasOwn(error, key)) {
      continue;
    }
    const value = (error as unknown as Record<string, unknown>)[key];
    // An error must arrive: what hangs on it and cannot be sent is told instead of sent.
    const reason = whyUnsendable(value, key);
    extras[key] = reason ? `(not sent: ${reason})` : value;
  }
  return extras;
}
