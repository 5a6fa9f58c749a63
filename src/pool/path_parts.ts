import { bytesOf, EMPTY } from "./bytes.ts";

const SLASH = 0x2f;
const DOT = 0x2e;
const HERE = bytesOf(".");
const ROOT = bytesOf("/");

/** What a placeholder takes of a value; the keys are what stands in its braces. */
export const PATH_PARTS: Readonly<Record<string, (path: Uint8Array) => Uint8Array>> = {
  ".": withoutExtension,
  "/": baseName,
  "//": folder,
  "/.": (path) => withoutExtension(baseName(path)),
};

/** `a/b.tar.gz` → `a/b.tar`. A dot that begins the name begins an extension too, as in GNU parallel: `.x` → nothing. */
function withoutExtension(path: Uint8Array): Uint8Array {
  const dot = path.lastIndexOf(DOT);
  return dot < 0 || path.indexOf(SLASH, dot) >= 0 ? path : path.subarray(0, dot);
}

/** What follows the last slash, which may be nothing. */
function baseName(path: Uint8Array): Uint8Array {
  const slash = path.lastIndexOf(SLASH);
  return slash < 0 ? path : slash === path.length - 1 ? EMPTY : path.subarray(slash + 1);
}

/** As dirname(1) tells it: `a/b/` → `a`, `b` → `.`, `/b` → `/`. */
function folder(path: Uint8Array): Uint8Array {
  const name = beforeSlashes(path, path.length);
  if (name === 0) return path.length > 0 ? ROOT : HERE;
  const slash = path.lastIndexOf(SLASH, name - 1);
  if (slash < 0) return HERE;
  const end = beforeSlashes(path, slash);
  return end === 0 ? ROOT : path.subarray(0, end);
}

/** The length of `path` up to `end` without the slashes that it ends with. */
function beforeSlashes(path: Uint8Array, end: number): number {
  while (end > 0 && path[end - 1] === SLASH) end--;
  return end;
}
