import { AT_REMOVEDIR, EISDIR, O_PATH, O_RDONLY } from "../abi.ts";
import { O_DIRECTORY, O_NOFOLLOW } from "../machine.ts";
import { errno, systemError } from "../calling/errno.ts";
import { closeFile, tryOpen } from "./files.ts";
import { libc } from "../calling/load.ts";
import { cString, scratch } from "../calling/memory.ts";
import { listNames, statPath } from "./stat.ts";

const c = libc("mkdir", "rmdir", "chdir", "fchdir", "unlinkat", "renameat", "fchmod", "fchmodat");

const OWNER_ONLY = 0o700;

/** Makes a directory that only this user may enter. @throws ImpError */
export function makePrivate(path: string): void {
  if (scratch(() => c.mkdir(cString(path), OWNER_ONLY)) === 0) return;
  const hint = "TMPDIR names the directory for temporary files";
  throw systemError(errno(), "create", path, { hint });
}

/** Changes this process' working directory. @throws ImpError */
export function enter(path: string): void {
  if (scratch(() => c.chdir(cString(path))) === 0) return;
  throw systemError(errno(), "change to", path);
}

/**
 * Runs `work` with `path` as this process' working directory, then goes back unless the old directory may no longer be
 * entered.
 * @throws ImpError when `path` cannot be entered
 */
export function workIn<T>(path: string, work: () => T): T {
  const here = tryOpen(".", O_PATH | O_DIRECTORY);
  try {
    enter(path);
    return work();
  } finally {
    if (here >= 0) {
      c.fchdir(here);
      closeFile(here);
    }
  }
}

/**
 * Removes a directory that nobody else may enter, with everything in it: names of any bytes, any depth, directories
 * that their owner may not even read. Links are removed, never followed.
 * @returns whether all of it is gone
 */
export function removeTree(path: string): boolean {
  const top = tryOpen(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (top >= 0) {
    try {
      empty(top);
    } finally {
      closeFile(top);
    }
  }
  scratch(() => c.rmdir(cString(path)));
  return statPath(path, false) === "ENOENT";
}

/** Deeper directories are first moved up to the top, so that neither path length nor open files limit the depth. */
function empty(top: number): void {
  c.fchmod(top, OWNER_ONLY);
  const rest = namesIn(top).filter((name) => !remove(top, name));
  for (let name = rest.pop(); name !== undefined; name = rest.pop()) {
    const inner = tryOpen(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, top);
    if (inner < 0) continue;
    for (const one of namesIn(inner)) {
      if (remove(inner, one)) continue;
      const moved = new TextEncoder().encode(crypto.randomUUID());
      if (scratch(() => c.renameat(inner, cString(one), top, cString(moved))) === 0) {
        rest.push(moved);
      }
    }
    closeFile(inner);
    remove(top, name);
  }
}

function namesIn(directory: number): Uint8Array[] {
  const names = listNames(directory);
  return typeof names === "string" ? [] : names;
}

/** @returns false for a directory that is not empty; its owner may then read and change it */
function remove(directory: number, name: Uint8Array): boolean {
  return scratch(() => {
    const text = cString(name);
    if (c.unlinkat(directory, text, 0) === 0 || errno() !== EISDIR) return true;
    if (c.unlinkat(directory, text, AT_REMOVEDIR) === 0) return true;
    c.fchmodat(directory, text, OWNER_ONLY, 0);
    return false;
  });
}
