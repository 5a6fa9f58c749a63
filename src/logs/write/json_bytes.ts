// Pure: bytes as JSON text within quotes, without an intermediate string.

/** How a byte is written: 0 unchanged; the letter after a backslash; or one of these for several characters. */
const HIGH = 1, CONTROL = 2;
const BACKSLASH = 92, LETTER_U = 117;
/** The lone surrogate for a byte that is not UTF-8: base/byte_text.ts. */
const ESCAPED_BYTE = 0xdc00;
const DIGITS = new TextEncoder().encode("0123456789abcdef");
const KINDS = kinds();

/**
 * Writes bytes as JSON: valid UTF-8 unchanged, others as lone surrogates, U+DC80 to U+DCFF. The same as JSON.stringify
 * of textFromBytes.
 * @param out has room for six times as many
 * @returns the position after them
 */
export function putJsonText(
  input: Uint8Array,
  from: number,
  to: number,
  out: Uint8Array,
  at: number,
): number {
  for (let i = from; i < to;) {
    const byte = input[i];
    const kind = KINDS[byte];
    if (kind === 0) {
      out[at++] = byte;
      i++;
    } else if (kind === HIGH) {
      const length = lengthOfCharacter(input, i, to);
      for (const end = i + length; i < end; i++) out[at++] = input[i];
      if (length === 0) at = putUnit(ESCAPED_BYTE + input[i++], out, at);
    } else if (kind === CONTROL) {
      at = putUnit(byte, out, at);
      i++;
    } else {
      out[at++] = BACKSLASH;
      out[at++] = kind;
      i++;
    }
  }
  return at;
}

function putUnit(unit: number, out: Uint8Array, at: number): number {
  out[at++] = BACKSLASH;
  out[at++] = LETTER_U;
  for (let shift = 12; shift >= 0; shift -= 4) out[at++] = DIGITS[unit >> shift & 15];
  return at;
}

/** Length of the character that begins there, two to four; 0: invalid. The Unicode Standard, table 3-7. */
function lengthOfCharacter(bytes: Uint8Array, at: number, end: number): number {
  const lead = bytes[at];
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (lead < 0xc2 || lead > 0xf4 || at + length > end) return 0;
  const second = bytes[at + 1];
  const least = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const most = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > most) return 0;
  for (let i = 2; i < length; i++) if ((bytes[at + i] & 0xc0) !== 0x80) return 0;
  return length;
}

function kinds(): Uint8Array {
  const table = new Uint8Array(256).fill(CONTROL, 0, 0x20).fill(HIGH, 0x80);
  for (const [character, letter] of ['""', "\\\\", "\bb", "\tt", "\nn", "\ff", "\rr"]) {
    table[character.charCodeAt(0)] = letter.charCodeAt(0);
  }
  return table;
}
