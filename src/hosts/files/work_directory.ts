import { O_PATH } from "../../libc/abi.ts";
import { O_DIRECTORY } from "../../libc/machine.ts";
import { closeFile, readLink, tryOpen } from "../../libc/descriptors/files.ts";
import { statPath } from "../../libc/descriptors/stat.ts";
import { workingDirectory } from "../../libc/processes/process.ts";
import { callersVariable } from "../../libc/processes/process_image.ts";
import { namesOf } from "./places.ts";
import { pathOfWay } from "./tree_target.ts";
import { openDirectoryAt, type Way } from "./walk.ts";

/**
 * Finds or creates the jobs' directory.
 * @param base what relative ones are relative to, absolute
 * @param made gets each directory that was missing; `had` each that was not
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

/**
 * imp's directory, as another machine may have it too: relative to the home directory if below it; else absolute. A
 * user's home may be elsewhere there.
 */
export function directoryFromHome(): string {
  const here = workingDirectory();
  const home = callersVariable("HOME");
  if (!home?.startsWith("/")) return here;
  const fd = tryOpen(home, O_PATH | O_DIRECTORY);
  if (fd < 0) return here;
  const real = readLink(`/proc/self/fd/${fd}`);
  closeFile(fd);
  if (real === undefined || real === "/") return here;
  return here === real ? "." : here.startsWith(`${real}/`) ? here.slice(real.length + 1) : here;
}

/** How many names of a way exist. */
export function namesThere(way: Way): number {
  for (let count = 0; count < way.names.length; count++) {
    const path = pathOfWay({ ...way, names: way.names.slice(0, count + 1) });
    if (typeof statPath(path, false) === "string") return count;
  }
  return way.names.length;
}
