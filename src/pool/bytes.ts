// Byte operations shared by several parts of the pool.

const encoder = new TextEncoder();

export const EMPTY = new Uint8Array(0);

export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text);
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** @param separator one byte */
export function join(words: readonly Uint8Array[], separator: number): Uint8Array {
  if (words.length === 1) return words[0];
  let length = Math.max(0, words.length - 1);
  for (const word of words) length += word.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (let i = 0; i < words.length; i++) {
    if (i > 0) whole[at++] = separator;
    whole.set(words[i], at);
    at += words[i].length;
  }
  return whole;
}

/** The index of `needle` in `bytes` at or after `from`; -1 if none. */
export function find(bytes: Uint8Array, needle: Uint8Array, from = 0): number {
  const last = bytes.length - needle.length;
  for (let at = from; at <= last; at++) {
    at = bytes.indexOf(needle[0], at);
    if (at < 0 || at > last) return -1;
    let same = 1;
    while (same < needle.length && bytes[at + same] === needle[same]) same++;
    if (same >= needle.length) return at;
  }
  return -1;
}

/** One character per byte, so that regular expressions work on bytes. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  // In slices: the number of arguments of a call is limited.
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return text;
}

/**
 * Two independent 32-bit hashes. They protect against accidental collisions, not against deliberate ones.
 * @param out receives them: this runs for every row of a log and allocates nothing
 */
export function hashTwice(bytes: Uint8Array, out: Int32Array): void {
  beginHash(bytes.length, out);
  continueHash(bytes, out);
}

/** Begins to hash bytes that come in parts. @param length of all of them */
export function beginHash(length: number, out: Int32Array): void {
  out[0] = 0x811c9dc5 ^ length;
  out[1] = 0x9747b28c;
}

/** The next part. */
export function continueHash(bytes: Uint8Array, out: Int32Array): void {
  let [a, b] = out;
  for (let i = 0; i < bytes.length; i++) {
    a = Math.imul(a ^ bytes[i], 0x01000193);
    b = Math.imul(b ^ bytes[i], 0x5bd1e995);
    b ^= b >>> 15;
  }
  out[0] = a;
  out[1] = b;
}
