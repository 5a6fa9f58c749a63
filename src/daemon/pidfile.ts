import { errno, errnoName } from "../libc/errno.ts";
import {
  closeFile,
  moveUp,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOCTTY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  tryOpen,
} from "../libc/files.ts";
import { libc } from "../libc/load.ts";
import { allocate, cString, scratch } from "../libc/memory.ts";
import { type FileStatus, statAt, statFd } from "../libc/stat.ts";
import { bootId, bootTime, ticksPerSecond } from "../procfs/boot.ts";
import { readStat } from "../procfs/stat.ts";
import { nap, whoHolds } from "./lock_holders.ts";
import { alreadyRunning, failure, refusal, stillRunning } from "./pidfile_errors.ts";
import {
  formatIdentity,
  judgeUnlocked,
  parseIdentity,
  parsePid,
  type PidfileState,
} from "./pidfile_state.ts";

const c = libc("flock", "pread", "pwrite", "ftruncate", "fallocate", "unlinkat");

/** A pidfile whose lock this process holds. Its descriptor is handed to the daemon, and the lock with it. */
export interface ClaimedPidfile {
  readonly path: string;
  readonly name: string;
  readonly directory: number;
  readonly lock: number;
  /** Open file for the identity of the process, beside the pidfile. */
  readonly sidecar?: number;
}

const LOCK_EX = 2, LOCK_NB = 4;
const FALLOC_FL_KEEP_SIZE = 1;
const ENOENT = 2, EEXIST = 17, EWOULDBLOCK = 11;
/** How long to wait for another start on the same file to finish or to fail, ms. */
const STARTING_PATIENCE_MS = 3000;
/** imp's descriptors lie above those that a daemon may be given. */
const LOWEST_DESCRIPTOR = 100;

/**
 * Takes the pidfile for a daemon that is about to start: makes or opens it, locks it, and finds out whether what it
 * says still holds. Afterwards it is empty, room for the PID is reserved, and any other start fails.
 * @throws ImpError: exit 1 when the daemon runs already, 125 when the file cannot be used
 */
export function claimPidfile(path: string): ClaimedPidfile {
  const { folder, name } = split(path);
  const directory = openDirectory(folder, path);
  return orClose(directory, () => {
    const lock = lockFile(directory, name, path);
    return orClose(lock, () => takeOver({ path, name, directory, lock }));
  });
}

function takeOver(claimed: ClaimedPidfile): ClaimedPidfile {
  const { path, name, directory, lock } = claimed;
  const state = examine(directory, name, lock);
  if (state.is === "foreign") throw refusal(path, "it exists and holds something else than a PID");
  if (state.is === "running") throw stillRunning(path, state);
  try {
    c.ftruncate(lock, 0);
    reserveRoom(lock, path);
    return { ...claimed, sidecar: makeSidecar(directory, `${name}.imp`, path) };
  } catch (error) {
    removeFiles(claimed);
    throw error;
  }
}

/** Closes the descriptor when the work fails: with it goes the lock, of which the refused caller must hold nothing. */
function orClose<T>(fd: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    closeFile(fd);
    throw error;
  }
}

/**
 * Writes the PID of the daemon, which now holds the lock too.
 * @throws ImpError; the caller then ends the daemon and abandons the file
 */
export function recordPid(claimed: ClaimedPidfile, pid: number): void {
  const startTicks = readStat(pid)?.startTicks;
  const boot = bootId();
  // A daemon that has ended already leaves nothing to be recognised by.
  if (startTicks !== undefined && boot !== undefined && claimed.sidecar !== undefined) {
    writeWhole(claimed.sidecar, formatIdentity({ pid, startTicks, bootId: boot }), claimed.path);
  }
  writeWhole(claimed.lock, `${pid}\n`, claimed.path);
}

/** Removes the files of a start that failed. Safe because the lock is still held here. */
export function abandonPidfile(claimed: ClaimedPidfile): void {
  removeFiles(claimed);
  const { lock, sidecar, directory } = claimed;
  for (const fd of [lock, sidecar, directory]) if (fd !== undefined) closeFile(fd);
}

function removeFiles({ directory, name }: ClaimedPidfile): void {
  for (const one of [name, `${name}.imp`]) {
    scratch(() => c.unlinkat(directory, cString(one), 0));
  }
}

function split(path: string): { folder: string; name: string } {
  const slash = path.lastIndexOf("/");
  const name = path.slice(slash + 1);
  if (name === "" || name === "." || name === "..") {
    throw refusal(path, "it names no file");
  }
  return { folder: path.slice(0, slash) || "/", name };
}

function openDirectory(folder: string, path: string): number {
  const fd = tryOpen(folder, O_RDONLY | O_DIRECTORY);
  if (fd < 0) {
    throw failure("open the directory of", path, -fd, {
      hint: `'${folder}' must be a directory that exists`,
    });
  }
  const status = statFd(fd);
  if (status.mode & 0o002) {
    closeFile(fd);
    throw refusal(
      path,
      "every user may write to its directory, so anybody could put another file there",
      {
        hint: "use a directory of your own, /run as root, or -n NAME",
      },
    );
  }
  return moveUp(fd, LOWEST_DESCRIPTOR);
}

/** Opens and locks the file that stands at the name when the lock is got. */
function lockFile(directory: number, name: string, path: string): number {
  const deadline = Date.now() + STARTING_PATIENCE_MS;
  for (;;) {
    const fd = openPlain(directory, name, path);
    const locked = orClose(fd, () => tryLock(directory, name, fd, path, deadline));
    // Between opening and locking it may be removed or replaced: what is locked then is nobody's file.
    if (locked && isAt(directory, name, fd)) return fd;
    closeFile(fd);
    if (!locked) nap(5);
  }
}

/** @returns false while somebody holds the lock who may give it up. @throws ImpError once it is known who keeps it */
function tryLock(
  directory: number,
  name: string,
  fd: number,
  path: string,
  deadline: number,
): boolean {
  if (c.flock(fd, LOCK_EX | LOCK_NB) === 0) return true;
  const code = errno();
  if (code !== EWOULDBLOCK) throw failure("lock", path, code);
  const state = examine(directory, name, fd);
  if (state.is === "running") throw alreadyRunning(path, `pid ${state.pid}`);
  // Its owner is just starting, or it has ended and left somebody who inherited the lock.
  if (Date.now() <= deadline) return false;
  const because = state.is === "stale" ? state.because : "it holds no PID";
  throw alreadyRunning(path, whoHolds(fd), `the pidfile says otherwise: ${because}`);
}

/** Opens the file, making it when there is none; follows no link, waits for no FIFO. */
function openPlain(directory: number, name: string, path: string): number {
  const flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
  for (;;) {
    let fd = tryOpen(name, flags | O_CREAT | O_EXCL, 0o644, directory);
    if (fd === -EEXIST) fd = tryOpen(name, flags, 0, directory);
    if (fd === -ENOENT) continue;
    if (fd < 0) {
      if (errnoName(-fd) === "ELOOP") throw refusal(path, "it is a symbolic link");
      throw failure("open", path, -fd);
    }
    return orClose(fd, () => {
      refuseUnlessPlain(statFd(fd), path);
      return moveUp(fd, LOWEST_DESCRIPTOR);
    });
  }
}

function refuseUnlessPlain({ kind, links }: FileStatus, path: string): void {
  if (kind !== "file") throw refusal(path, `it is no plain file (${kind})`);
  if (links > 1) throw refusal(path, "it has several names (hard links)");
}

function isAt(directory: number, name: string, fd: number): boolean {
  const there = statAt(directory, name);
  const here = statFd(fd);
  return typeof there !== "string" && there.inode === here.inode && there.device === here.device;
}

/** What the file stands for, were it not for its lock. */
function examine(directory: number, name: string, fd: number): PidfileState {
  const text = readWhole(fd);
  const pid = parsePid(text);
  const stat = pid === undefined ? undefined : readStat(pid);
  return judgeUnlocked({
    text,
    modified: statFd(fd).modified,
    kept: parseIdentity(readKept(directory, `${name}.imp`)),
    process: stat && {
      state: stat.state,
      startTicks: stat.startTicks,
      startedAt: (bootTime() ?? 0) + stat.startTicks * 1000 / ticksPerSecond(),
    },
    bootId: bootId(),
  });
}

function reserveRoom(fd: number, path: string): void {
  // A full disk is found now, before anything runs.
  if (c.fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 64) === 0) return;
  const code = errno();
  if (errnoName(code) !== "EOPNOTSUPP") throw failure("reserve room in", path, code);
}

function readKept(directory: number, name: string): string {
  const fd = tryOpen(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0, directory);
  if (fd < 0) return "";
  const text = readWhole(fd);
  closeFile(fd);
  return text;
}

function makeSidecar(directory: number, name: string, path: string): number {
  // Under the lock nobody else uses this name: what is there is left from before.
  scratch(() => c.unlinkat(directory, cString(name), 0));
  const fd = tryOpen(name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644, directory);
  if (fd < 0) throw failure("create the companion of", path, -fd);
  return orClose(fd, () => {
    reserveRoom(fd, path);
    return moveUp(fd, LOWEST_DESCRIPTOR);
  });
}

function readWhole(fd: number): string {
  return scratch(() => {
    const { address, bytes } = allocate(256);
    const n = c.pread(fd, address, bytes.length, 0);
    return new TextDecoder().decode(bytes.slice(0, Math.max(0, n)));
  });
}

/** In one write: a reader sees nothing or everything. */
function writeWhole(fd: number, text: string, path: string): void {
  scratch(() => {
    const n = c.pwrite(fd, cString(text), text.length, 0);
    const code = errno();
    if (n !== text.length) throw failure("write", path, n < 0 ? code : 28);
  });
}
