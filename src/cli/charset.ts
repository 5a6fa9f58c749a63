import { bytesFromText } from "../base/byte_text.ts";
import { runtime } from "../runtime/mod.ts";

/** ASCII forms of imp's own signs, each of the same width, so that tables stay aligned. */
const SIGNS: Record<string, string> = {
  "│": "|",
  "├": "|",
  "└": "`",
  "─": "-",
  "×": "x",
  "→": ">",
  "·": "-",
  "µ": "u",
};

/**
 * A text in the character set of the reader's locale: unchanged, or in ASCII, with `\xc3\xbc` for what has no other
 * form. Without any setting the terminal is assumed to understand UTF-8.
 */
export function forReader(text: string): string {
  if (isAscii(text) || isUtf8Locale(runtime.env)) return text;
  return inAscii(text);
}

/** By LC_ALL, else LC_CTYPE, else LANG; locale(7). */
export function isUtf8Locale(env: (name: string) => string | undefined): boolean {
  const locale = env("LC_ALL") || env("LC_CTYPE") || env("LANG");
  return !locale || /utf-?8/i.test(locale);
}

/** A text in ASCII. */
export function inAscii(text: string): string {
  return text
    // At the end of a word it marks truncation; by itself it stands for more words.
    .replace(/(?<=\S)…/g, "~")
    .replaceAll("…", "...")
    // deno-lint-ignore no-control-regex
    .replace(/[^\x00-\x7f]/gu, (character) => SIGNS[character] ?? escaped(character));
}

function escaped(character: string): string {
  return [...bytesFromText(character)].map((byte) => `\\x${byte.toString(16)}`).join("");
}

/** Compares lengths. Without a regular expression: the first one that a start compiles costs 0.1 ms. */
function isAscii(text: string): boolean {
  return text.isWellFormed() && bytesFromText(text).length === text.length;
}
