import { dirname } from "@std/path/dirname";
import { statPath } from "../../libc/descriptors/stat.ts";

/** The deepest existing directory above a path. */
export function nearestDirectory(path: string): string {
  for (let at = dirname(path);; at = dirname(at)) {
    const status = statPath(at);
    if (at === "/" || (typeof status !== "string" && status.kind === "directory")) return at;
  }
}

/** The links in a path, each with its directory: replacing one changes where the path leads. */
export function linksOnTheWay(path: string): [directory: string, link: string][] {
  const links: [string, string][] = [];
  for (let at = path; at !== "/"; at = dirname(at)) {
    const status = statPath(at, false);
    if (typeof status !== "string" && status.kind === "link") links.push([dirname(at), at]);
  }
  return links;
}
