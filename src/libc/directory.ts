import { errno, systemError } from "./errno.ts";
import { libc } from "./load.ts";
import { cString, scratch } from "./memory.ts";
import { listDirectory, statPath } from "./stat.ts";

const c = libc("mkdir", "rmdir", "chdir", "unlinkat");

const AT_FDCWD = -100;

/** Makes a directory for this user alone. @throws ImpError */
export function makePrivate(path: string): void {
  if (scratch(() => c.mkdir(cString(path), 0o700)) === 0) return;
  const hint = "TMPDIR names the directory for temporary files";
  throw systemError(errno(), "create", path, { hint });
}

/** Makes a directory the working directory of this process. @throws ImpError */
export function enter(path: string): void {
  if (scratch(() => c.chdir(cString(path))) === 0) return;
  throw systemError(errno(), "change to", path);
}

/**
 * Removes a directory that nobody else may enter, with everything in it. Links are removed, never followed.
 * @returns whether nothing of it is left
 */
export function removeTree(path: string): boolean {
  const names = listDirectory(path);
  for (const name of typeof names === "string" ? [] : names) {
    const inner = `${path}/${name}`;
    const status = statPath(inner, false);
    if (typeof status !== "string" && status.kind === "directory") removeTree(inner);
    else scratch(() => c.unlinkat(AT_FDCWD, cString(inner), 0));
  }
  scratch(() => c.rmdir(cString(path)));
  return statPath(path, false) === "ENOENT";
}
