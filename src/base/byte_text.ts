// Names and words are bytes to the kernel and text here. An invalid UTF-8 byte becomes a lone surrogate, U+DC80 to
// U+DCFF, which valid UTF-8 cannot contain, and becomes that byte again when passed to C, as in Python (PEP 383).

const encoder = new TextEncoder();
// A byte order mark is a character like any other: a file name may begin with it.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
let strict: TextDecoder | undefined;

/** What the runtimes substitute for invalid UTF-8 bytes. */
export const REPLACEMENT = "\uFFFD";
const ESCAPE = 0xdc00;

/** Text from which {@link bytesFromText} restores the same bytes. */
export function textFromBytes(bytes: Uint8Array): string {
  const text = decoder.decode(bytes);
  return text.includes(REPLACEMENT) ? escaped(bytes) : text;
}

/** The bytes of a text: UTF-8, except for those that {@link textFromBytes} has escaped. */
export function bytesFromText(text: string): Uint8Array {
  if (text.isWellFormed()) return encoder.encode(text);
  const parts: number[] = [];
  for (const character of text) {
    const code = character.charCodeAt(0);
    if (isEscapedByte(code)) parts.push(code - ESCAPE);
    else parts.push(...encoder.encode(character));
  }
  return Uint8Array.from(parts);
}

/** Whether a lone UTF-16 unit is an escaped byte. */
export function isEscapedByte(unit: number): boolean {
  return unit >= ESCAPE + 0x80 && unit <= ESCAPE + 0xff;
}

function escaped(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const character = characterAt(bytes, at);
    text += character ?? String.fromCharCode(ESCAPE + bytes[at]);
    at += character === undefined ? 1 : lengthFrom(bytes[at]);
  }
  return text;
}

function characterAt(bytes: Uint8Array, at: number): string | undefined {
  if (bytes[at] < 0x80) return String.fromCharCode(bytes[at]);
  try {
    strict ??= new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });
    return strict.decode(bytes.subarray(at, at + lengthFrom(bytes[at])));
  } catch {
    return undefined;
  }
}

/** Length of the character that starts with this byte, if any does. */
function lengthFrom(lead: number): number {
  if (lead < 0xc0) return 1;
  return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}
