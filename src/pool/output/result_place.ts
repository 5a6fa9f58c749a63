// Pure. Where a job's result is stored by its arguments, as by GNU parallel: 1/a/2/b.
import { bytesFromText, textFromBytes } from "../../base/byte_text.ts";
import { hashTwice, join } from "../bytes.ts";
import { PackedItems } from "../source/packed_items.ts";
import type { Item } from "../types.ts";

/** Bytes of a name, out of the 255 that file systems allow; longer ones are cut and distinguished by a hash. */
const LONGEST_NAME = 200;
/** Bytes of the whole path: beyond this, all arguments together make one name. */
const LONGEST_PATH = 1000;
const MOST_FOLDERS = 64;

/** How result folders are named. */
export type ResultsLayout =
  | { readonly by: "number" }
  /** @field names of arguments, by position: from a header */
  | { readonly by: "arguments"; readonly names?: readonly string[] };

/** Names of folders in each other, none of which is `.`, `..`, empty or has a slash. At least one. */
export function foldersOf(items: Item, names: readonly string[]): string[] {
  const values = items.fields;
  const folders: string[] = [];
  // Of several items of a job each begins anew.
  const each = items instanceof PackedItems ? 1 : values.length;
  for (let at = 0; at < values.length && folders.length <= MOST_FOLDERS; at += each) {
    const pairs = values.slice(at, at + each).map((value, i) => ({
      name: names[i] ?? String(i + 1),
      value,
    }));
    if (names.length > 0) pairs.sort((a, b) => byNumberThenName(a.name, b.name));
    for (const { name, value } of pairs) {
      folders.push(folderName(bytesFromText(name)), folderName(value));
    }
  }
  const length = folders.reduce((sum, one) => sum + bytesFromText(one).length + 1, 0);
  if (length <= LONGEST_PATH && folders.length <= MOST_FOLDERS) return folders;
  return ["1", folderName(join(values, SPACE))];
}

function byNumberThenName(a: string, b: string): number {
  return (parseFloat(a) || 0) - (parseFloat(b) || 0) || (a < b ? -1 : a > b ? 1 : 0);
}

const SPACE = 0x20;

/** As GNU parallel writes it, where that is safe. What imp adds begins with a backslash, which is always doubled else. */
function folderName(argument: Uint8Array): string {
  const text = textFromBytes(argument).replace(ESCAPED, (character) => ESCAPES[character]);
  if (text === "") return "\\0";
  if (text === "." || text === "..") return `\\${text}`;
  const bytes = bytesFromText(text);
  if (bytes.length <= LONGEST_NAME) return text;
  const halves = new Int32Array(2);
  hashTwice(argument, halves);
  const hash = [...halves].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
  return `${textFromBytes(bytes.subarray(0, LONGEST_NAME - 20))}\\-${hash}`;
}

const ESCAPED = /[\\\t\n/]/g;
const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\t": "\\t",
  "\n": "\\n",
  "/": "\\_",
};
