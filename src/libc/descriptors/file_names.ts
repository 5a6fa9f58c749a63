import { errno } from "../calling/errno.ts";
import { libc } from "../calling/load.ts";
import { cString, scratch } from "../calling/memory.ts";

const c = libc("renameat", "unlinkat");

/** Gives a file of an open directory another name in it, in place of what has that name. @returns 0, or -errno */
export function renameIn(directory: number, from: string, to: string): number {
  return scratch(() =>
    c.renameat(directory, cString(from), directory, cString(to)) === 0 ? 0 : -errno()
  );
}

/** Takes a name of a file out of an open directory. @returns 0, or -errno */
export function removeIn(directory: number, name: string): number {
  return scratch(() => c.unlinkat(directory, cString(name), 0) === 0 ? 0 : -errno());
}
