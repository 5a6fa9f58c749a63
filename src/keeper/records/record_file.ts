import { ImpError } from "../../base/errors.ts";
import { AT_FDCWD, O_NONBLOCK, O_WRONLY } from "../../libc/abi.ts";
import { O_NOFOLLOW } from "../../libc/machine.ts";
import { libc } from "../../libc/calling/load.ts";
import { writeAt } from "../../libc/descriptors/cut_file.ts";
import { removeIn } from "../../libc/descriptors/file_names.ts";
import { closeFile, tryOpen } from "../../libc/descriptors/files.ts";
import { listDirectory } from "../../libc/descriptors/stat.ts";
import { readPlainFile, writeWhole } from "../../libc/descriptors/whole_file.ts";
import { ownPid } from "../../libc/processes/process.ts";
import { existsByNumber } from "../../libc/processes/signals.ts";

const OF_ITS_USER = 0o600;
const HINTS = { EROFS: "set IMP_HOME to a directory that can be written to" };

/**
 * Writes a record, or its bytes, so that a reader finds the old one or the new one, whole, even if this process is
 * killed or the disk is full.
 * @param durable survives a power failure right after
 * @throws ImpError: then nothing has changed
 */
export function writeRecordFile(
  path: string,
  record: object | Uint8Array,
  durable = false,
): void {
  writeWhole(path, bytesOf(record), { mode: OF_ITS_USER, durable, hints: HINTS });
}

function bytesOf(record: object | Uint8Array): Uint8Array {
  if (record instanceof Uint8Array) return record;
  return new TextEncoder().encode(`${JSON.stringify(record)}\n`);
}

/**
 * Tries to write.
 * @returns why the file system refuses: full, read-only or broken; undefined: written
 * @throws any other error
 */
export function refusedByDisk(write: () => void): ImpError | undefined {
  try {
    write();
  } catch (error) {
    if (error instanceof ImpError && isRefusalOfDisk(error)) return error;
    throw error;
  }
  return undefined;
}

/** The file system refuses every write. */
export function isRefusalOfDisk({ errno = "" }: ImpError): boolean {
  return ["ENOSPC", "EDQUOT", "EROFS", "EIO"].includes(errno);
}

/** {@link writeRecordFile} for a short existing record, even on a full disk: see {@link writeInPlace}. */
export function writeShortRecord(path: string, record: object | Uint8Array): void {
  const refusal = refusedByDisk(() => writeRecordFile(path, record, true));
  if (refusal && !writeInPlace(path, bytesOf(record))) throw refusal;
}

/**
 * Overwrites a short existing record within its allocated space, even on a full disk. It takes one write(2), which a
 * kill does not interrupt; a concurrent reader may find neither version.
 * @returns false if that is not possible: then nothing has changed
 */
function writeInPlace(path: string, record: Uint8Array): boolean {
  const before = readPlainFile(path);
  if (!(before instanceof Uint8Array)) return false;
  const old = before.slice();
  const bytes = new Uint8Array(Math.max(record.length, old.length)).fill(SPACE);
  bytes.set(record[record.length - 1] === NEWLINE ? record.subarray(0, -1) : record);
  bytes[bytes.length - 1] = NEWLINE;
  const fd = tryOpen(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return false;
  try {
    const isWritten = writeAt(fd, 0, bytes) === bytes.length && libc("fsync").fsync(fd) === 0;
    if (!isWritten) writeAt(fd, 0, old);
    return isWritten;
  } finally {
    closeFile(fd);
  }
}

const SPACE = 32, NEWLINE = 10;

/** A missing file counts as removed. */
export function removeRecordFile(path: string): void {
  removeIn(AT_FDCWD, path);
}

/** Removes what killed writers have left. */
export function removeLeftWorkingFiles(directory: string): void {
  const names = listDirectory(directory);
  for (const name of typeof names === "string" ? [] : names) {
    const pid = Number(/^\..+\.(\d+)\.[0-9a-z]+$/.exec(name)?.[1] ?? 0);
    if (pid === 0 || pid === ownPid() || existsByNumber(pid)) continue;
    removeIn(AT_FDCWD, `${directory}/${name}`);
  }
}
