import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { ENOSPC } from "../../libc/abi.ts";
import { systemError } from "../../libc/calling/errno.ts";
import { closeFile } from "../../libc/descriptors/files.ts";
import { type FileStatus, statPath } from "../../libc/descriptors/stat.ts";
import type { KeptPlace } from "../home.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import { kernelFileSystem } from "../../procfs/file_systems.ts";
import { runtime } from "../../runtime/mod.ts";
import { targetOf } from "./target.ts";
import { troubleError } from "./watch_trouble.ts";
import { openWatches, Watches } from "./watches.ts";

/** Longer operations are reported. */
const SLOW_MS = 1000;

/**
 * The inotify instance for a daemon's waiters, with all watches set. What cannot be watched is reported to the caller.
 * @param slowMs report if it takes longer
 * @returns a descriptor, owned by the caller
 * @throws ImpError
 */
export function openFileEvents(
  place: KeptPlace,
  settings: KeptSettings,
  tell?: SlowTelling,
  slowMs = SLOW_MS,
): number {
  const fd = openWatches();
  try {
    const watches = new Watches(fd, place.directory, targetOf(place, settings));
    watches.slow = tell && {
      from: runtime.now() + slowMs,
      tell: (directories, path) => tell(slowText(place.name, directories, path)),
    };
    if (settings.onChange) watches.setAll();
    const { trouble } = watches;
    const isWhole = trouble && settings.onChange?.paths.includes(trouble.path);
    if (trouble && (trouble.code === ENOSPC || isWhole)) throw troubleError(trouble);
    return fd;
  } catch (error) {
    closeFile(fd);
    throw error;
  }
}

/** Gets a sentence about why a start takes long. */
export type SlowTelling = (sentence: string) => void;

function slowText(name: string, directories: number, path: string): string {
  return `${name}: watches ${directories} directories so far, and goes on: each is read once, and takes a watch; ` +
    `it is at ${path}; --ignore leaves directories out`;
}

function isSame(one: FileStatus, other: FileStatus | string): boolean {
  return typeof other !== "string" && one.inode === other.inode && one.device === other.device;
}

function wholeMachine(path: string): ImpError {
  return new ImpError({
    action: "watch",
    object: path,
    why: "it contains every file of this machine, and something always changes",
    hint: "name the directories that matter: --on-change /etc --on-change /srv",
    exit: EXIT.failed,
  });
}

/** The caller can fix a path that is missing now; later it may come and go. @throws ImpError */
export function refuseMissingPaths({ onChange }: KeptSettings): void {
  const root = statPath("/");
  for (const path of onChange?.paths ?? []) {
    const status = statPath(path);
    if (typeof status !== "string") {
      if (isSame(status, root)) throw wholeMachine(path);
      const type = kernelFileSystem(path);
      if (type !== undefined) throw troubleError({ path, code: type });
      continue;
    }
    throw systemError(status, "watch", path, {
      hint: "--on-change needs a file or directory that exists; it may be removed and return later",
      exit: EXIT.failed,
    });
  }
}
