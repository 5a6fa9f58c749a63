/** An executable of imp ends with these words, the SHA-256 of everything before them in hexadecimal, and a newline. */
const LABEL = "\nimp sha256 ";
const DIGITS = 64;
export const CHECKSUM_LENGTH = LABEL.length + DIGITS + 1;

/** The last bytes of an executable. @param digest of everything before them */
export function checksumLine(digest: string): Uint8Array {
  return new TextEncoder().encode(`${LABEL}${digest}\n`);
}

/** @returns the digest in those last bytes of an executable */
export function parseChecksumLine(bytes: Uint8Array): string | undefined {
  const text = new TextDecoder("latin1").decode(bytes);
  if (!text.startsWith(LABEL)) return undefined;
  return /^([0-9a-f]{64})\n$/.exec(text.slice(LABEL.length))?.[1];
}
