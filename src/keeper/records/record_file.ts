import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import {
  AT_FDCWD,
  EEXIST,
  ENOENT,
  O_CREAT,
  O_EXCL,
  O_NOCTTY,
  O_NONBLOCK,
  O_RDONLY,
  O_WRONLY,
} from "../../libc/abi.ts";
import { O_NOFOLLOW } from "../../libc/machine.ts";
import { errno, errnoName, systemError } from "../../libc/calling/errno.ts";
import { libc } from "../../libc/calling/load.ts";
import { removeIn, renameIn } from "../../libc/descriptors/file_names.ts";
import { closeFile, readToEnd, tryOpen, writeAll } from "../../libc/descriptors/files.ts";
import { listDirectory, statFd } from "../../libc/descriptors/stat.ts";
import { ownPid } from "../../libc/processes/process.ts";

const FILE_MODE = 0o600;
const READING = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
const WRITING = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
/** More than any record has: a file that somebody has put there is not read whole. */
const MOST_BYTES = 4 << 20;
const MOST_TRIES = 100;

let written = 0;

/**
 * Writes a record so that a reader finds the old one or the new one, whole, whenever this process is killed or the disk is full.
 * @param durable also when the machine loses its power right after
 * @throws ImpError: nothing has changed then
 */
export function writeRecordFile(path: string, record: object, durable = false): void {
  writeWhole(path, `${JSON.stringify(record)}\n`, durable);
}

/** {@link writeRecordFile} of any bytes. @param mode whatever the umask is */
export function writeWhole(
  path: string,
  data: string | Uint8Array,
  durable = false,
  mode = FILE_MODE,
): void {
  const slash = path.lastIndexOf("/");
  for (let tries = 1;; tries++) {
    const name = `.${path.slice(slash + 1)}.${ownPid()}.${(written++).toString(36)}`;
    const working = path.slice(0, slash + 1) + name;
    const fd = tryOpen(working, WRITING, FILE_MODE);
    if (fd === -EEXIST && tries < MOST_TRIES) continue;
    if (fd < 0) throw unwritten(path, -fd);
    if (mode !== FILE_MODE) libc("fchmod").fchmod(fd, mode);
    const code = writeAndRename(fd, working, path, data, durable);
    if (code === 0) return;
    // Somebody took it for what a killed process has left: PIDs of another PID namespace mean nothing here.
    if (code !== ENOENT || tries >= 3) throw unwritten(path, code);
  }
}

/** One that is not there is gone. */
export function removeRecordFile(path: string): void {
  removeIn(AT_FDCWD, path);
}

/** Removes what writers have left that were killed. */
export function removeLeftRecords(directory: string): void {
  const names = listDirectory(directory);
  for (const name of typeof names === "string" ? [] : names) {
    const pid = Number(/^\..+\.(\d+)\.[0-9a-z]+$/.exec(name)?.[1] ?? 0);
    if (pid === 0 || pid === ownPid() || isThere(pid)) continue;
    removeIn(AT_FDCWD, `${directory}/${name}`);
  }
}

/** The bytes of a plain file; undefined when there is none; ImpError when it cannot be read or is something else. */
export function readPlainFile(path: string): Uint8Array | ImpError | undefined {
  const fd = tryOpen(path, READING);
  if (fd === -ENOENT) return undefined;
  if (fd < 0) return systemError(-fd, "read", path, { exit: EXIT.failed });
  try {
    const { kind, size } = statFd(fd);
    if (kind !== "file") return failed("read", path, `it is not a plain file (${kind})`);
    if (size > MOST_BYTES) return failed("read", path, `it is too large (${size} bytes)`);
    return readToEnd(fd, path);
  } catch (error) {
    if (error instanceof ImpError) return error.with({ exit: EXIT.failed });
    throw error;
  } finally {
    closeFile(fd);
  }
}

/** @returns 0 or an errno; the working file is gone then */
function writeAndRename(
  fd: number,
  working: string,
  path: string,
  data: string | Uint8Array,
  durable: boolean,
): number {
  const c = libc("fsync");
  let code = 0;
  try {
    writeAll(fd, data, path);
    if (durable && c.fsync(fd) !== 0) code = errno();
  } catch (error) {
    removeIn(AT_FDCWD, working);
    throw error instanceof ImpError ? unwritten(path, undefined, error) : error;
  } finally {
    closeFile(fd);
  }
  if (code === 0) code = -renameIn(AT_FDCWD, working, path);
  if (code !== 0) removeIn(AT_FDCWD, working);
  return code;
}

function isThere(pid: number): boolean {
  return libc("kill").kill(pid, 0) === 0 || errnoName(errno()) !== "ESRCH";
}

const WRITE_HINTS: Record<string, string> = {
  ENOSPC: "the disk is full; what was written there before is untouched",
  EDQUOT: "the disk quota is used up; what was written there before is untouched",
  EROFS: "set IMP_HOME to a directory that can be written to",
  ENOENT: "its directory does not exist",
};

function unwritten(path: string, code?: number, cause?: ImpError): ImpError {
  const name = code === undefined ? cause?.errno : errnoName(code);
  const hint = WRITE_HINTS[name ?? ""];
  if (cause) return cause.with({ action: "write", object: path, hint, exit: EXIT.failed });
  return systemError(code!, "write", path, { hint, exit: EXIT.failed });
}

function failed(action: string, object: string, why: string, hint?: string): ImpError {
  return new ImpError({ action, object, why, hint, exit: EXIT.failed });
}
