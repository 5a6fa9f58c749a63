// The control groups of kept daemons whose waiters a test has killed, and whose records it discards.
import {
  findCgroupForKept,
  keptCgroupName,
  removeEmptyCgroup,
} from "../../src/termination/cgroup.ts";

/** Removes those of daemons with records at most a few levels below a directory. */
export function removeControlGroups(directory: string, depth = 3): void {
  for (const { name, isDirectory } of entriesOf(directory)) {
    if (!isDirectory) continue;
    const path = `${directory}/${name}`;
    if (name === "daemons") {
      const parent = findCgroupForKept();
      if (parent === undefined) return;
      for (const daemon of entriesOf(path)) {
        removeEmptyCgroup(`${parent}/${keptCgroupName(daemon.name, `${path}/${daemon.name}`)}`);
      }
    } else if (depth > 0) removeControlGroups(path, depth - 1);
  }
}

function entriesOf(directory: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(directory)];
  } catch {
    return [];
  }
}
