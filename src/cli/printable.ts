import { isEscapedByte } from "../base/byte_text.ts";
import { shellWord } from "../base/shell_words.ts";

/**
 * Another process' text, made safe for a terminal: control characters and those that change the writing direction are
 * escaped. A process chooses its name and arguments, and must not control the reader's screen.
 */
export function printable(text: string): string {
  // The usual case: the other expression alone takes longer to compile than everything a command prints.
  if (PLAIN.test(text)) return text;
  return text.replace(UNSAFE, (character) => {
    const short = SHORT[character];
    if (short) return short;
    const unit = character.charCodeAt(0);
    // An invalid UTF-8 byte: base/byte_text.ts.
    const code = isEscapedByte(unit) ? unit & 0xff : unit;
    return code < 256 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`;
  });
}

/** A command line that a shell would read as these words. */
export function shellLine(words: readonly string[]): string {
  return words.map((word) => printable(shellWord(word))).join(" ");
}

/** At most `width` characters. */
export function shorten(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

/** At most `width` characters, keeping both ends: they say most about a path. */
export function shortenMiddle(text: string, width: number): string {
  if (text.length <= width) return text;
  const head = Math.floor((width - 1) / 3);
  return `${text.slice(0, head)}…${text.slice(text.length - (width - 1 - head))}`;
}

const PLAIN = /^[\x20-\x7e]*$/;

const SHORT: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\x1b": "\\e" };

// deno-lint-ignore no-control-regex
const UNSAFE = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]/gu;

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}
