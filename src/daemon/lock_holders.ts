import { O_ACCMODE } from "../libc/abi.ts";
import { readTextOrNothing } from "../libc/descriptors/files.ts";
import { ownPid } from "../libc/processes/process.ts";
import { type FileStatus, listDirectory, statFd, statPath } from "../libc/descriptors/stat.ts";
import { readStat } from "../procfs/stat.ts";

/** A process that holds a lock of flock(2) on a file, as far as this user can see. */
export interface LockHolder {
  readonly pid: number;
  /** It could also write to the file. */
  readonly writes: boolean;
}

/**
 * The processes other than imp that hold the lock on `fd`'s file. The one that took it may be gone: the lock belongs to
 * the open file, and whoever inherited it holds the lock.
 */
export function lockHolders(fd: number): LockHolder[] {
  const wanted = statFd(fd);
  return processes().filter((pid) => pid !== ownPid()).flatMap((pid) => held(pid, wanted) ?? []);
}

/** If {@link whoHolds} finds nobody. */
export const SOMEBODY = "a process that cannot be seen from here";
export const UNSEEN = `held by ${SOMEBODY}`;

/** Some of the holders, in words; undefined if none can be seen. */
export function whoHolds(fd: number): string | undefined {
  const holders = lockHolders(fd);
  if (holders.length === 0) return undefined;
  const names = holders.slice(0, 5).map(({ pid }) =>
    `pid ${pid} (${readStat(pid)?.comm ?? "gone"})`
  );
  return names.join(", ");
}

function processes(): number[] {
  const names = listDirectory("/proc");
  return typeof names === "string" ? [] : names.filter((name) => /^\d+$/.test(name)).map(Number);
}

function held(pid: number, wanted: FileStatus): LockHolder | undefined {
  const numbers = listDirectory(`/proc/${pid}/fd`);
  if (typeof numbers === "string") return undefined;
  for (const number of numbers) {
    const status = statPath(`/proc/${pid}/fd/${number}`);
    if (typeof status === "string") continue;
    if (status.inode !== wanted.inode || status.device !== wanted.device) continue;
    const flags = locking(readTextOrNothing(`/proc/${pid}/fdinfo/${number}`) ?? "");
    if (flags !== undefined) return { pid, writes: (flags & O_ACCMODE) !== 0 };
  }
  return undefined;
}

/** The open flags of a descriptor that holds a lock of flock(2); proc_pid_fdinfo(5). */
function locking(info: string): number | undefined {
  const flags = /^flags:\s*([0-7]+)$/m.exec(info)?.[1];
  return flags !== undefined && /^lock:\s.*\bFLOCK\b/m.test(info) ? parseInt(flags, 8) : undefined;
}
