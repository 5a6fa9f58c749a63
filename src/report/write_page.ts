import { AT_FDCWD, EEXIST, O_CREAT, O_EXCL, O_WRONLY } from "../libc/abi.ts";
import { O_NOFOLLOW } from "../libc/machine.ts";
import { EXIT } from "../base/exit_codes.ts";
import { systemError } from "../libc/calling/errno.ts";
import { closeFile, tryOpen, writeAll } from "../libc/descriptors/files.ts";
import { removeIn, renameIn } from "../libc/descriptors/file_names.ts";
import { statPath } from "../libc/descriptors/stat.ts";
import { ownPid } from "../libc/processes/process.ts";

/**
 * Puts a text in the place of a file, whole or not at all: it is written beside the file and renamed over it. What is no
 * ordinary file, such as a terminal or a pipe, is written to.
 * @throws ImpError; what was there is there still, and nothing is left beside it
 */
export function replaceFile(path: string, text: string): void {
  const there = statPath(path);
  if (typeof there !== "string" && there.kind !== "file") return writeTo(path, text);
  const beside = besideOf(path);
  const fd = createNew(beside, path);
  try {
    writeAll(fd, text, path);
  } catch (error) {
    removeIn(AT_FDCWD, beside);
    throw error;
  } finally {
    closeFile(fd);
  }
  const code = renameIn(AT_FDCWD, beside, path);
  if (code === 0) return;
  removeIn(AT_FDCWD, beside);
  throw systemError(-code, "create", path, { exit: EXIT.failed });
}

/** Whether {@link replaceFile} could write there now; nothing is changed. @throws ImpError where it could not */
export function checkReplaceable(path: string): void {
  const there = statPath(path);
  if (typeof there !== "string" && there.kind !== "file") return writeTo(path, "");
  const beside = besideOf(path);
  closeFile(createNew(beside, path));
  removeIn(AT_FDCWD, beside);
}

function besideOf(path: string): string {
  const slash = path.lastIndexOf("/") + 1;
  return `${path.slice(0, slash)}.${path.slice(slash).slice(0, 200)}.${ownPid()}.new`;
}

/** A file that was not there; one of that name is left by a process of the same PID, which was killed. */
function createNew(name: string, path: string): number {
  const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
  let fd = tryOpen(name, flags);
  if (fd === -EEXIST) {
    removeIn(AT_FDCWD, name);
    fd = tryOpen(name, flags);
  }
  if (fd < 0) throw systemError(-fd, "create", path, { exit: EXIT.failed });
  return fd;
}

function writeTo(path: string, text: string): void {
  const fd = tryOpen(path, O_WRONLY);
  if (fd < 0) throw systemError(-fd, "open", path, { exit: EXIT.failed });
  try {
    writeAll(fd, text, path);
  } finally {
    closeFile(fd);
  }
}
