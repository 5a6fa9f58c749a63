/**
 * Two independent hashes of 32 bits. They keep chance away, and are no protection against who wants them to be the same.
 * @param out gets them: this runs for every row of a log and allocates nothing
 */
export function hashTwice(bytes: Uint8Array, out: Int32Array): void {
  beginHash(bytes.length, out);
  continueHash(bytes, out);
}

/** The same for bytes that come in parts. @param length of all of them */
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
