// A command line as far as it has been typed, for words that depend on it.
import { splitWords } from "../../base/split_words.ts";

/** The complete words of the line; the last one is still being typed. */
export function wordsBefore(line: string): string[] {
  return splitWords(line.replace(/\S*$/, ""));
}

/** What has been typed of the last word; of `--name=value` only the value. */
export function wordBegun(line: string): string {
  return (/\S*$/.exec(line)?.[0] ?? "").replace(/^--[^=]*=/, "");
}

/** The value of an option: `--name VALUE`, `--name=VALUE`, or `-n VALUE`. */
export function typedValue(
  words: readonly string[],
  name: string,
  short = name,
): string | undefined {
  const at = words.findIndex((word) =>
    word === `--${name}` || word === `-${short}` || word.startsWith(`--${name}=`)
  );
  if (at < 0) return undefined;
  return words[at].includes("=") ? words[at].slice(name.length + 3) : words[at + 1];
}
