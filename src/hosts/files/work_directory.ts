import { closeFile, readLink } from "../../libc/descriptors/files.ts";
import { statPath } from "../../libc/descriptors/stat.ts";
import { namesOf } from "./places.ts";
import { pathOfWay } from "./tree_target.ts";
import { openDirectoryAt, type Way } from "./walk.ts";

/**
 * Finds the directory that jobs run in, or makes it.
 * @param base where relative ones begin, absolute
 * @param made is told each directory that was missing; `had` each that was not
 * @returns its path without links. @throws ImpError
 */
export function openWorkDirectory(
  base: string,
  path: string,
  made: (path: string) => void,
  had: (path: string) => void,
): string {
  const from = path.startsWith("/") ? "/" : base;
  const way = { from, names: namesOf(path), label: path === "" ? base : path };
  const here = (count: number) => pathOfWay({ ...way, names: way.names.slice(0, count) });
  const missing = new Set<number>();
  const fd = openDirectoryAt(way, "make the work directory", (count) => missing.add(count));
  const found = readLink(`/proc/self/fd/${fd}`) ?? pathOfWay(way);
  closeFile(fd);
  for (let count = 1; count <= way.names.length; count++) {
    (missing.has(count) ? made : had)(here(count));
  }
  return found;
}

/** How many names of a way lead to something that is there. */
export function namesThere(way: Way): number {
  for (let count = 0; count < way.names.length; count++) {
    const path = pathOfWay({ ...way, names: way.names.slice(0, count + 1) });
    if (typeof statPath(path, false) === "string") return count;
  }
  return way.names.length;
}
