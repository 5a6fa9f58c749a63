// A daemon known by its pidfile: one of `imp daemon`, or any other program's.
import { splitPath } from "../base/split_path.ts";
import { GROUP_AND_OTHERS_WRITE, S_ISVTX, S_IWOTH } from "../libc/abi_files.ts";
import { EWOULDBLOCK, LOCK_NB, LOCK_SH, O_NOCTTY, O_NONBLOCK, O_RDONLY } from "../libc/abi.ts";
import { O_NOFOLLOW } from "../libc/machine.ts";
import { errno, errnoName } from "../libc/calling/errno.ts";
import { libc } from "../libc/calling/load.ts";
import { closeFile, tryOpen } from "../libc/descriptors/files.ts";
import { type FileStatus, statFd, statPath } from "../libc/descriptors/stat.ts";
import { bootId } from "../procfs/boot.ts";
import { Unreadable } from "../procfs/read.ts";
import { readStatus } from "../procfs/status.ts";
import { identityOf, type ProcessIdentity } from "../termination/identity.ts";
import { lockName, readHead } from "./lock_file.ts";
import { type LockHolder, lockHolders } from "./lock_holders.ts";
import { pidfileFailure, pidfileRefusal } from "./pidfile_errors.ts";
import { judgeProcess, shown, whoStarts } from "./pidfile_lock.ts";
import {
  judgeUnlocked,
  type Note,
  parseNote,
  parsePid,
  type PidfileState,
} from "./pidfile_state.ts";
import { runtimeDirectory } from "./runtime_directory.ts";

/** What a pidfile, and the lock of `imp daemon` beside it if there is one, say about its daemon. */
export type PidfileFinding =
  /** @field certain imp recorded its start time; otherwise only the PID and the file's age are known */
  | { readonly is: "running"; readonly process: ProcessIdentity; readonly certain: boolean }
  /** Its main process has ended, but processes that it started hold its lock; none listed if they cannot be seen. */
  | { readonly is: "held"; readonly holders: readonly ProcessIdentity[]; readonly pid?: number }
  /** `imp daemon` is starting it. */
  | { readonly is: "starting"; readonly starter: number }
  /** @field file whether there is a pidfile all the same */
  | { readonly is: "not running"; readonly because: string; readonly file: boolean };

/** @field own imp's lock is beside it: `imp daemon` made it */
export type PidfileDaemon = PidfileFinding & { readonly path: string; readonly own: boolean };

const PIDFILE_BYTES = 256;
const PLAIN = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;

/** The pidfile of a daemon started by `imp daemon -n`; undefined if there was none of that name. */
export function pidfileOfName(name: string): string | undefined {
  const path = `${runtimeDirectory()}/${name}.pid`;
  const [folder, file] = splitPath(path);
  const there = [path, `${folder}/${lockName(file)}`];
  return there.some((one) => typeof statPath(one, false) !== "string") ? path : undefined;
}

/**
 * Finds the daemon of a pidfile. Changes nothing.
 * @param path absolute
 * @throws ImpError if it cannot be read, or must not be trusted: another user could use it to have any process
 *   signalled
 */
export function readPidfileDaemon(path: string): PidfileDaemon {
  const lock = openLockOf(path);
  try {
    const note: Note = lock === undefined ? { is: "empty" } : parseNote(readHead(lock));
    const own = note.is === "imp's";
    return { ...find(path, own ? lock : undefined, note), path, own };
  } finally {
    if (lock !== undefined) closeFile(lock);
  }
}

function find(path: string, lock: number | undefined, note: Note): PidfileFinding {
  if (lock !== undefined && note.is === "imp's") {
    const starter = whoStarts(lock);
    const noted = note.identity && judgeProcess(note.identity);
    if (noted?.is === "running") {
      refuseUnlessTrusted(path, statFd(lock), noted.pid);
      return { is: "running", process: identityOf(noted.pid) ?? note.identity!, certain: true };
    }
    if (starter !== undefined) return { is: "starting", starter };
    if (isLocked(lock)) {
      return {
        is: "held",
        holders: lockHolders(lock).flatMap(identified),
        pid: note.identity?.pid,
      };
    }
  }
  return findByFile(path, note);
}

function identified({ pid }: LockHolder): ProcessIdentity[] {
  return [identityOf(pid) ?? []].flat();
}

function findByFile(path: string, note: Note): PidfileFinding {
  const fd = tryOpen(path, PLAIN);
  const code = fd < 0 ? errnoName(-fd) : "";
  if (code === "ENOENT") return { is: "not running", because: "there is no pidfile", file: false };
  if (code === "ELOOP") throw pidfileRefusal(path, "it is a symbolic link");
  if (fd < 0) throw pidfileFailure("read", path, -fd);
  try {
    const status = statFd(fd);
    if (status.kind !== "file") {
      throw pidfileRefusal(path, `it is not a plain file (${status.kind})`);
    }
    const state = judgeFile(readHead(fd, PIDFILE_BYTES), status, note);
    if (state.is === "stale") return { is: "not running", because: state.because, file: true };
    if (state.is === "foreign") throw pidfileRefusal(path, "it does not contain a PID");
    refuseUnlessTrusted(path, status, state.pid);
    const process = identityOf(state.pid);
    if (!process) {
      return { is: "not running", because: `process ${state.pid} has ended`, file: true };
    }
    return { is: "running", process, certain: state.certain };
  } finally {
    closeFile(fd);
  }
}

function judgeFile(text: string, { modified }: FileStatus, note: Note): PidfileState {
  const pid = parsePid(text);
  const kept = note.is === "imp's" ? note.identity : undefined;
  const process = pid === undefined ? undefined : shown(pid);
  return judgeUnlocked({ text, modified, kept, process, bootId: bootId() });
}

/** With a file that somebody else can write, they could make root end any process. */
function refuseUnlessTrusted(path: string, { uid, mode }: FileStatus, pid: number): void {
  const own = libc("geteuid").geteuid();
  const status = readStatus(pid);
  const target = status instanceof Unreadable ? undefined : status.uids.real;
  if (uid !== 0 && uid !== own && uid !== target) {
    throw pidfileRefusal(path, `it belongs to user ${uid}, and process ${pid} to another one`);
  }
  // Whoever can write an ordinary user's file can only have that user's processes ended.
  if (own !== 0) return;
  if (mode & GROUP_AND_OTHERS_WRITE && target === 0) {
    throw pidfileRefusal(path, "others may write to it");
  }
  const folder = statPath(splitPath(path)[0]);
  if (typeof folder === "string") return;
  if (folder.mode & S_IWOTH && !(folder.mode & S_ISVTX)) {
    throw pidfileRefusal(path, "every user may write to its directory");
  }
}

/** The lock beside a pidfile, if this user may read it. */
function openLockOf(path: string): number | undefined {
  const [folder, name] = splitPath(path);
  const fd = tryOpen(`${folder}/${lockName(name)}`, PLAIN);
  if (fd < 0) return undefined;
  if (statFd(fd).kind === "file") return fd;
  closeFile(fd);
  return undefined;
}

/** Whether anybody holds the lock. Takes it from nobody: a shared lock is tried and released at once. */
function isLocked(fd: number): boolean {
  const c = libc("flock");
  return c.flock(fd, LOCK_SH | LOCK_NB) !== 0 && errno() === EWOULDBLOCK;
}

/** The process named in imp's lock beside a pidfile, whether it still runs or not. */
export function notedProcess(path: string): ProcessIdentity | undefined {
  const lock = openLockOf(path);
  if (lock === undefined) return undefined;
  const note = parseNote(readHead(lock));
  closeFile(lock);
  return note.is === "imp's" ? note.identity : undefined;
}
