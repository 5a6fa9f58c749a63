import { S_IRWXUGO } from "../../libc/abi_files.ts";
import { O_NOCTTY, O_NONBLOCK, O_RDONLY, O_RDWR } from "../../libc/abi.ts";
import { O_DIRECTORY, O_NOFOLLOW } from "../../libc/machine.ts";
import { closeFile, moveUp, tryOpen } from "../../libc/descriptors/files.ts";
import { removeIn, renameIn } from "../../libc/descriptors/file_names.ts";
import { readAt } from "../../libc/descriptors/spool.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import {
  type FileStatus,
  listNames,
  statAt,
  statFd,
  statPath,
} from "../../libc/descriptors/stat.ts";
import { systemError } from "../../libc/calling/errno.ts";
import { libc } from "../../libc/calling/load.ts";
import { textFromBytes } from "../../base/byte_text.ts";
import { type OpenedLog, openLogFile } from "../write/open_file.ts";
import { partName, partsAmong, shiftParts } from "./parts.ts";
import type { LogPlace } from "../place.ts";

/** A log's file as opened for rotation: for reading and writing anywhere, never in append mode. */
export interface RotatedFile extends OpenedLog {
  readonly path: string;
  readonly status: FileStatus;
}

/**
 * Opens a log to rotate it, with the rights that opened it for the program.
 * @param make whether to create it if missing
 * @returns undefined if it does not exist, or is not a regular file
 * @throws ImpError
 */
export function openForRotation(
  path: string,
  { user }: Pick<LogPlace, "user">,
  make: boolean,
): RotatedFile | undefined {
  if (!make && typeof statPath(path) === "string") return undefined;
  const log = openLogFile(path, user);
  const status = statFd(log.fd);
  const flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
  const fd = status.kind === "file"
    ? log.act(() => tryOpen(log.name, flags, 0, log.directory))
    : -1;
  closeFile(log.fd);
  // There is another one by now: the next look finds it.
  if (fd >= 0 && statFd(fd).inode === status.inode) {
    return { ...log, fd: moveUp(fd, FLOOR.daemon), path, status };
  }
  if (fd >= 0) closeFile(fd);
  closeFile(log.directory);
  return undefined;
}

export function closeRotated({ fd, directory }: RotatedFile): void {
  closeFile(fd);
  closeFile(directory);
}

/** Bytes of the file, valid until the next call. @throws ImpError */
export function bytesOfLog(
  { fd, path }: Pick<RotatedFile, "fd" | "path">,
  position: number,
  count: number,
): Uint8Array {
  const bytes = readAt(fd, position, count);
  if (typeof bytes === "number") throw systemError(-bytes, "read", path);
  return bytes;
}

/** What a name beside the log stands for; undefined if it does not exist. */
export function besides(log: RotatedFile, name: string): FileStatus | undefined {
  const status = log.act(() => statAt(log.directory, name));
  if (typeof status !== "string") return status;
  if (status === "ENOENT") return undefined;
  throw systemError(status, "look at", name);
}

/** The numbers of its old parts, oldest first. */
export function partsOf(log: RotatedFile): number[] {
  const fd = log.act(() => tryOpen(".", O_RDONLY | O_DIRECTORY, 0, log.directory));
  if (fd < 0) throw systemError(-fd, "list the directory of", log.path);
  try {
    const names = listNames(fd);
    if (typeof names === "string") {
      throw systemError(names, "list the directory of", log.path);
    }
    return partsAmong(names.map(textFromBytes), log.name);
  } finally {
    closeFile(fd);
  }
}

/** Renames a file beside the log to part 1, after the others have made room. @throws ImpError */
export function becomePart(log: RotatedFile, name: string, keep: number): void {
  const { remove, rename } = shiftParts(partsOf(log), keep);
  const part = (number: number) => partName(log.name, number);
  log.act(() => {
    for (const number of remove) removeIn(log.directory, part(number));
    for (const [from, to] of rename) must(renameIn(log.directory, part(from), part(to)), log);
    if (keep === 0) must(removeIn(log.directory, name), log);
    else must(renameIn(log.directory, name, part(1)), log);
  });
}

/** A part gets the log's owner and mode. */
export function likeLog(fd: number, { status }: RotatedFile): void {
  const c = libc("fchown", "fchmod");
  const { uid, gid } = statFd(fd);
  if (uid !== status.uid || gid !== status.gid) c.fchown(fd, status.uid, status.gid);
  c.fchmod(fd, status.mode & S_IRWXUGO);
}

/** Removes the oldest part. @returns whether there was one */
export function dropOldest(log: RotatedFile): boolean {
  const [oldest] = partsOf(log);
  if (oldest === undefined) return false;
  return log.act(() => removeIn(log.directory, partName(log.name, oldest))) === 0;
}

function must(code: number, { path }: RotatedFile): void {
  if (code < 0) throw systemError(-code, "rotate", path);
}
