import { UsageError } from "./errors.ts";

/** What a shell interprets outside quotes. */
const SPECIAL = /[|&;<>()$`*?[\n]/;
/** What a shell interprets at the beginning of a word. */
const SPECIAL_AT_START = /[#~]/;

/**
 * Splits a command line into words like a shell, by spaces, quotes and backslashes, without being one. Anything else
 * that a shell would interpret is refused: passed on literally, it would not be what was meant.
 * @throws UsageError
 */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < text.length;) {
    const char = text[at];
    if (char === " " || char === "\t") {
      if (word !== undefined) words.push(word);
      word = undefined;
      at++;
      continue;
    }
    const [taken, next] = piece(text, at, word === undefined);
    word = (word ?? "") + taken;
    at = next;
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** One character, or one quoted part. @returns what it stands for and where the next begins */
function piece(text: string, at: number, first: boolean): [taken: string, next: number] {
  const char = text[at];
  if (char === "'") {
    const end = text.indexOf("'", at + 1);
    if (end < 0) throw unclosed(text, "'");
    return [text.slice(at + 1, end), end + 1];
  }
  if (char === '"') return doubleQuoted(text, at + 1);
  if (char === "\\") {
    if (at + 1 === text.length) throw refused(text, "a backslash at its end");
    return [text[at + 1], at + 2];
  }
  if (SPECIAL.test(char) || (first && SPECIAL_AT_START.test(char))) {
    throw refused(text, char === "\n" ? "a line break" : `'${char}'`);
  }
  return [char, at + 1];
}

function doubleQuoted(text: string, from: number): [taken: string, next: number] {
  let taken = "";
  for (let at = from; at < text.length; at++) {
    const char = text[at];
    if (char === '"') return [taken, at + 1];
    if (char === "$" || char === "`") throw refused(text, `'${char}'`);
    // The only characters that a backslash quotes there.
    if (char === "\\" && '"\\$`'.includes(text[at + 1] ?? "x")) taken += text[++at];
    else taken += char;
  }
  throw unclosed(text, '"');
}

function unclosed(text: string, quote: string): UsageError {
  return new UsageError(`in "${text}" a ${quote} is not closed`);
}

function refused(text: string, what: string): UsageError {
  return new UsageError(
    `in "${text}" a shell would interpret ${what}, but no shell runs it`,
    "put it in single quotes to mean the character itself, or ask for a shell: sh -c '...'",
  );
}
