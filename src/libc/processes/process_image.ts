import { runtime } from "../../runtime/mod.ts";
import { readFileOrNothing } from "../descriptors/files.ts";
import type { Bytes } from "./spawn.ts";

/**
 * The last words of imp's command line as the bytes that the caller passed. The runtimes decode arguments as UTF-8 and
 * what is no UTF-8 is lost on the way; /proc/self/cmdline still has it.
 * @param words the decoded words, which must be the last ones of the command line
 */
export function rawWords(words: readonly string[]): Bytes[] {
  if (!words.some((word) => word.includes(REPLACEMENT))) return [...words];
  const raw = readFileOrNothing("/proc/self/cmdline");
  const all = raw ? splitAtNul(raw) : [];
  return all.length < words.length ? [...words] : all.slice(all.length - words.length);
}

/**
 * The bytes of an option's value, which may be a word of its own or the end of one: `-E K=V`, `-EK=V`, `--env=K=V`.
 * Values must be asked for in the order of the command line: two may look alike once they are decoded.
 */
export function rawOption(value: string): Bytes {
  if (!value.includes(REPLACEMENT)) return value;
  const raw = readFileOrNothing("/proc/self/cmdline");
  const words = raw ? splitAtNul(raw) : [];
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  for (; nextWord < words.length; nextWord++) {
    const text = decoder.decode(words[nextWord]);
    const before = text.slice(0, text.length - value.length);
    // What stands before the value is ASCII, so characters are bytes.
    if (text.endsWith(value) && /^(-[a-z]+=?|--[a-z-]+=)?$/i.test(before)) {
      return words[nextWord++].subarray(before.length);
    }
  }
  return value;
}

let nextWord = 0;

/** The environment that imp was started with, byte for byte, as words `K=V`. */
export function rawEnvironment(): Bytes[] {
  const raw = readFileOrNothing("/proc/self/environ");
  if (raw) return splitAtNul(raw);
  // /proc may be missing or forbidden: the runtime's own copy is right except for bytes that are no UTF-8.
  return Object.entries(runtime.environment()).map(([name, value]) => `${name}=${value}`);
}

/** The name in a word `K=V`; undefined when there is none. */
export function nameOf(word: Bytes): string | undefined {
  if (typeof word === "string") {
    const equals = word.indexOf("=");
    return equals < 0 ? undefined : word.slice(0, equals);
  }
  const equals = word.indexOf(EQUALS);
  return equals < 0 ? undefined : new TextDecoder().decode(word.subarray(0, equals));
}

/** The value of a variable in words `K=V`; undefined when it is not among them. */
export function variableIn(words: readonly Bytes[], name: string): string | undefined {
  const prefix = `${name}=`;
  for (const word of words) {
    if (typeof word === "string") {
      if (word.startsWith(prefix)) return word.slice(prefix.length);
    } else if (beginsWith(word, prefix)) {
      return new TextDecoder().decode(word.subarray(prefix.length));
    }
  }
  return undefined;
}

/** Whether bytes begin with ASCII text. */
function beginsWith(bytes: Uint8Array, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[i] !== text.charCodeAt(i)) return false;
  return true;
}

/** What the runtimes put in place of bytes that are no UTF-8. */
const REPLACEMENT = "\uFFFD";
const EQUALS = "=".charCodeAt(0);

function splitAtNul(bytes: Uint8Array): Uint8Array[] {
  const words: Uint8Array[] = [];
  for (let from = 0; from < bytes.length;) {
    const end = bytes.indexOf(0, from);
    const to = end < 0 ? bytes.length : end;
    words.push(bytes.subarray(from, to));
    from = to + 1;
  }
  return words;
}
