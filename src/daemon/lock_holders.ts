import { libc } from "../libc/load.ts";
import { ownPid } from "../libc/process.ts";
import { type FileStatus, listDirectory, statFd, statPath } from "../libc/stat.ts";
import { readStat } from "../procfs/stat.ts";

/**
 * The processes other than imp that have the file of `fd` open, in words. The kernel does not tell who holds an
 * inherited lock, because it belongs to the open file and not to a process; whoever has the file open does.
 */
export function whoHolds(fd: number): string {
  const wanted = statFd(fd);
  const holders = processes().filter((pid) => pid !== ownPid() && hasOpen(pid, wanted));
  if (holders.length === 0) return "held by a process that cannot be seen from here";
  return holders.slice(0, 5).map((pid) => `pid ${pid} (${readStat(pid)?.comm ?? "gone"})`).join(
    ", ",
  );
}

/** Blocks for some milliseconds. */
export function nap(ms: number): void {
  libc("poll").poll(0, 0, ms);
}

function processes(): number[] {
  const names = listDirectory("/proc");
  return typeof names === "string" ? [] : names.filter((name) => /^\d+$/.test(name)).map(Number);
}

function hasOpen(pid: number, wanted: FileStatus): boolean {
  const numbers = listDirectory(`/proc/${pid}/fd`);
  if (typeof numbers === "string") return false;
  return numbers.some((number) => {
    const status = statPath(`/proc/${pid}/fd/${number}`);
    return typeof status !== "string" && status.inode === wanted.inode &&
      status.device === wanted.device;
  });
}
