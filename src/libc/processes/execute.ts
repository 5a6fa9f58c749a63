import { errno } from "../calling/errno.ts";
import { libc } from "../calling/load.ts";
import { cString, cStrings } from "../calling/memory.ts";
import type { Bytes } from "./spawn.ts";

/** Replaces this process by a program, execve(2). Returns only when it fails: the errno. */
export function execute(path: Bytes, argv: readonly Bytes[], env: readonly Bytes[]): number {
  libc("execve").execve(cString(path), cStrings(argv), cStrings(env));
  return errno();
}
