// Pure: what inotify(7) events mean for what is watched.
import {
  IN_CREATE,
  IN_DELETE_SELF,
  IN_IGNORED,
  IN_ISDIR,
  IN_MOVE_SELF,
  IN_MOVED_FROM,
  IN_MOVED_TO,
  IN_Q_OVERFLOW,
  IN_UNMOUNT,
} from "../../libc/abi.ts";
import type { FileEvent } from "../../libc/descriptors/inotify.ts";
import type { WatchTarget } from "./target.ts";
import { entryPath, isBelow, type WatchTable } from "./watch_table.ts";

/** What to do, and what has changed. */
export interface ReadEvents {
  /** A relevant change; the first one. */
  readonly changed?: string;
  /** Directories that have appeared, or become readable: their content must be watched. */
  readonly appeared: readonly string[];
  /** Watches of what was moved elsewhere. */
  readonly left: readonly number[];
  /** The set of watches is no longer known: look at everything again. */
  readonly lost: boolean;
}

/** The inode itself is being removed or moved, or its file system unmounted. */
const GONE = IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT;

/** @param isUnfinished a new regular file with one name: its writer will close it */
export function readEvents(
  events: readonly FileEvent[],
  target: WatchTarget,
  table: WatchTable,
  isUnfinished: (path: string) => boolean,
): ReadEvents {
  let changed: string | undefined, lost = false;
  const appeared = new Set<string>();
  const left = new Set<number>();
  for (const { watch, mask, name } of events) {
    if (mask & IN_Q_OVERFLOW) {
      changed ??= target.paths[0];
      lost = true;
      continue;
    }
    const path = table.pathOf(watch);
    if (mask & IN_IGNORED) {
      table.delete(watch);
      continue;
    }
    if (path === undefined) {
      // From something moved elsewhere; or set by a turn that was killed.
      lost ||= !left.has(watch);
      continue;
    }
    if (!target.isInside(path)) {
      // Above something missing, or beside a link that leads to it.
      const full = entryPath(path, name);
      if (!target.leadsTo(full)) continue;
      const reached = [full, path].map((from) =>
        target.paths.find((one) => one === from || isBelow(one, from))
      );
      changed ??= reached.find((one) => one !== undefined) ?? path;
      lost = true;
      continue;
    }
    if (name === "") {
      if (!target.paths.includes(path)) continue;
      // A replaced file has lost its name. For directories only events about the inode itself.
      if (mask & IN_ISDIR && !(mask & GONE)) continue;
      changed ??= path;
      lost = true;
      continue;
    }
    const full = entryPath(path, name);
    const isDirectory = (mask & IN_ISDIR) !== 0;
    if (target.ignores(full, isDirectory)) continue;
    // A link to another one of them.
    lost ||= target.leadsTo(full);
    if (isDirectory && mask & IN_MOVED_FROM) {
      for (const one of table.below(full)) {
        left.add(one);
        table.delete(one);
      }
    } else if (isDirectory && !(mask & IN_MOVED_FROM)) appeared.add(full);
    if (!isDirectory && mask & IN_CREATE && !(mask & IN_MOVED_TO) && isUnfinished(full)) continue;
    changed ??= full;
  }
  return { changed, appeared: [...appeared], left: [...left], lost };
}
