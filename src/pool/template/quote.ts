import { bytesOf, join } from "../bytes.ts";

const SPACE = 0x20;
const QUOTE = 0x27;
const EMPTY_WORD = bytesOf("''");
/** Closes the quotes, adds an escaped quote, and reopens them. */
const ESCAPED = bytesOf(`'\\''`);

/**
 * Bytes that are literal in every shell. `=` is not one: as the first word `A=b` is an assignment, and zsh expands a
 * leading `=`.
 */
const PLAIN = plainBytes();

/** A word quoted for every POSIX shell, with any bytes but NUL. */
export function quoteWord(word: Uint8Array): Uint8Array {
  if (word.length === 0) return EMPTY_WORD;
  let quotes = 0;
  let plain = true;
  for (let i = 0; i < word.length; i++) {
    if (PLAIN[word[i]]) continue;
    plain = false;
    if (word[i] === QUOTE) quotes++;
  }
  return plain ? word : inQuotes(word, quotes);
}

/** A command line quoted for a shell; for `--dry-run` and the job log. */
export function quoteWords(words: readonly Uint8Array[]): Uint8Array {
  return join(words.map(quoteWord), SPACE);
}

function inQuotes(word: Uint8Array, quotes: number): Uint8Array {
  const quoted = new Uint8Array(word.length + 2 + quotes * (ESCAPED.length - 1));
  let at = 0;
  quoted[at++] = QUOTE;
  if (quotes === 0) {
    quoted.set(word, at);
    at += word.length;
  } else {
    for (let i = 0; i < word.length; i++) {
      if (word[i] !== QUOTE) {
        quoted[at++] = word[i];
        continue;
      }
      quoted.set(ESCAPED, at);
      at += ESCAPED.length;
    }
  }
  quoted[at] = QUOTE;
  return quoted;
}

function plainBytes(): Uint8Array {
  const table = new Uint8Array(256);
  for (const byte of bytesOf("./:@%+,-_")) table[byte] = 1;
  for (let byte = 0x30; byte <= 0x39; byte++) table[byte] = 1;
  for (let byte = 0x41; byte <= 0x5a; byte++) table[byte] = table[byte + 0x20] = 1;
  return table;
}
