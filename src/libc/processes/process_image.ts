import { bytesFromText, REPLACEMENT, textFromBytes } from "../../base/byte_text.ts";
import { runtime } from "../../runtime/mod.ts";
import { readFileOrNothing } from "../descriptors/files.ts";
import type { Bytes } from "./spawn.ts";

/**
 * The words of imp's command line, as text that stands for their bytes (base/byte_text.ts). The runtimes decode
 * arguments as UTF-8 and lose invalid bytes; /proc/self/cmdline still has them.
 */
export function callersWords(): string[] {
  const words = runtime.args();
  if (!words.some((word) => word.includes(REPLACEMENT))) return words;
  const raw = readFileOrNothing("/proc/self/cmdline");
  const all = raw ? splitAtNul(raw) : [];
  return all.length < words.length
    ? words
    : all.slice(all.length - words.length).map(textFromBytes);
}

/** Words as the bytes they stand for, where text alone cannot express them. */
export function rawWords(words: readonly string[]): Bytes[] {
  return words.map(rawWord);
}

/** {@link rawWords} of one. */
export function rawWord(word: string): Bytes {
  return word.isWellFormed() ? word : bytesFromText(word);
}

/** A word as text, for inspection. */
export function wordText(word: Bytes): string {
  return typeof word === "string" ? word : textFromBytes(word);
}

/** The environment that imp was started with, byte for byte, as words `K=V`. */
export function rawEnvironment(): Bytes[] {
  // It is what execve(2) was given, whatever happens afterwards.
  const raw = given ??= readFileOrNothing("/proc/self/environ");
  if (raw) return splitAtNul(raw);
  // /proc may be missing or forbidden: the runtime's own copy is right except for bytes that are not UTF-8.
  return Object.entries(runtime.environment()).map(([name, value]) => `${name}=${value}`);
}

let given: ReturnType<typeof readFileOrNothing>;

/** The value of a variable that imp was started with, as text that stands for its bytes. */
export function callersVariable(name: string): string | undefined {
  const value = runtime.env(name);
  return value?.includes(REPLACEMENT) ? variableIn(rawEnvironment(), name) ?? value : value;
}

/** The name in a word `K=V`; undefined without `=`. */
export function nameOf(word: Bytes): string | undefined {
  if (typeof word === "string") {
    const equals = word.indexOf("=");
    return equals < 0 ? undefined : word.slice(0, equals);
  }
  const equals = word.indexOf(EQUALS);
  return equals < 0 ? undefined : textFromBytes(word.subarray(0, equals));
}

/** The value of a variable in words `K=V`; undefined when it is not among them. */
export function variableIn(words: readonly Bytes[], name: string): string | undefined {
  const prefix = `${name}=`;
  for (const word of words) {
    if (typeof word === "string") {
      if (word.startsWith(prefix)) return word.slice(prefix.length);
    } else if (beginsWith(word, prefix)) {
      return textFromBytes(word.subarray(prefix.length));
    }
  }
  return undefined;
}

/** Whether bytes begin with ASCII text. */
function beginsWith(bytes: Uint8Array, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[i] !== text.charCodeAt(i)) return false;
  return true;
}

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
