import { AT_FDCWD, ESRCH } from "../../libc/abi.ts";
import { errno } from "../../libc/calling/errno.ts";
import { libc } from "../../libc/calling/load.ts";
import { removeIn } from "../../libc/descriptors/file_names.ts";
import { listDirectory } from "../../libc/descriptors/stat.ts";
import { writeWhole } from "../../libc/descriptors/whole_file.ts";
import { ownPid } from "../../libc/processes/process.ts";

const OF_ITS_USER = 0o600;
const HINTS = { EROFS: "set IMP_HOME to a directory that can be written to" };

/**
 * Writes a record, or the bytes of one, so that a reader finds the old one or the new one, whole, whenever this process is
 * killed or the disk is full.
 * @param durable also when the machine loses its power right after
 * @throws ImpError: nothing has changed then
 */
export function writeRecordFile(
  path: string,
  record: object | Uint8Array,
  durable = false,
): void {
  const data = record instanceof Uint8Array ? record : `${JSON.stringify(record)}\n`;
  writeWhole(path, data, { mode: OF_ITS_USER, durable, hints: HINTS });
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

function isThere(pid: number): boolean {
  return libc("kill").kill(pid, 0) === 0 || errno() !== ESRCH;
}
