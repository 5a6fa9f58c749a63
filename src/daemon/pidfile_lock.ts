import { FLOOR } from "../libc/descriptors/reserved.ts";
import {
  EBADF,
  EEXIST,
  ELOOP,
  ENOENT,
  EOPNOTSUPP,
  EWOULDBLOCK,
  F_GETLK,
  F_SETLK,
  F_UNLCK,
  F_WRLCK,
  FALLOC_FL_KEEP_SIZE,
  LOCK_EX,
  LOCK_NB,
  O_CREAT,
  O_EXCL,
  O_NOCTTY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_RDONLY,
  O_WRONLY,
} from "../libc/abi.ts";
import { errno } from "../libc/calling/errno.ts";
import { closeFile, moveUp, tryOpen } from "../libc/descriptors/files.ts";
import { libc } from "../libc/calling/load.ts";
import { allocate, cString, scratch } from "../libc/calling/memory.ts";
import { statAt, statFd } from "../libc/descriptors/stat.ts";
import { bootId, bootTime, ticksPerSecond } from "../procfs/boot.ts";
import { readStat } from "../procfs/stat.ts";
import { nap, whoHolds } from "./lock_holders.ts";
import { alreadyRunning, pidfileFailure, pidfileRefusal, underWay } from "./pidfile_errors.ts";
import {
  formatNoteHead,
  judgeIdentity,
  type Note,
  parseNote,
  type PidfileState,
  type Shown,
} from "./pidfile_state.ts";

const c = libc(
  "flock",
  "fcntl",
  "pread",
  "pwrite",
  "ftruncate",
  "fallocate",
  "unlinkat",
  "geteuid",
);

/** What every step on a pidfile needs. */
export interface PidfilePlace {
  /** As the user wrote it, for messages. */
  readonly path: string;
  readonly name: string;
  /** The open directory. */
  readonly directory: number;
  /** Who besides this process' user may own what imp has made there before. */
  readonly owner?: number;
  /** Throws when the wait for another start is to end. */
  readonly check: () => void;
}

/** The lock file beside a pidfile, locked. */
export interface PidfileLock {
  /** The locked descriptor, the daemon's later: nothing can be written through it. */
  readonly fd: number;
  /** For the note; stays here. */
  readonly writer: number;
  /** No daemon has been noted in it: starts alone have made it, and it goes with the one that fails last. */
  readonly fresh: boolean;
  readonly note: Note;
}

const LOCK_MODE = 0o600;
/** How long to wait for another start to finish or to fail, ms. */
const STARTING_PATIENCE_MS = 10_000;
/** How long for what may be the end of a daemon, or the beginning of one whose imp was killed, ms. */
const CHANGING_PATIENCE_MS = 3000;
/** Bytes: room for a note, and the most that is read of one. */
const NOTE_BYTES = 2048;

/** The lock file of a pidfile. Its mode is 0600, so that nobody else can take the lock. */
export const lockName = (name: string) => `.${name}.imp-lock`;

/**
 * Takes the lock. Everybody else fails or waits until the process that has it, and whatever inherits it, is gone.
 * @throws ImpError: exit 1 when the daemon runs already, 125 when there can be no lock
 */
export function takeLock(place: PidfilePlace): PidfileLock {
  const began = Date.now();
  for (;;) {
    const file = openLock(place);
    const locked = orClose([file.fd, file.writer], () => tryLock(place, file, began));
    // Between opening and locking it may be removed: what is locked then is nobody's file.
    if (locked !== undefined && isAt(place.directory, lockName(place.name), locked.fd)) {
      announceStart(locked.writer);
      return locked;
    }
    closeFile(file.fd);
    closeFile(file.writer);
    if (locked === undefined) nap(5);
  }
}

/** Begins the note on a new daemon. @returns where the daemon goes on with it */
export function beginNote({ writer }: PidfileLock, { path }: PidfilePlace): number {
  const head = formatNoteHead(bootId());
  c.ftruncate(writer, 0);
  // A full disk is found now, before anything runs.
  if (c.fallocate(writer, FALLOC_FL_KEEP_SIZE, 0, NOTE_BYTES) !== 0) {
    const code = errno();
    if (code !== EOPNOTSUPP) throw pidfileFailure("reserve room for", path, code);
  }
  scratch(() => {
    const n = c.pwrite(writer, cString(head), head.length, 0);
    const code = errno();
    if (n !== head.length) throw pidfileFailure("write the lock of", path, n < 0 ? code : 28);
  });
  return head.length;
}

/** Gives the lock back; removes its file unless there was a daemon before. */
export function releaseLock(
  { fd, writer, fresh }: PidfileLock,
  { directory, name }: PidfilePlace,
): void {
  if (fresh) scratch(() => c.unlinkat(directory, cString(lockName(name)), 0));
  closeFile(writer);
  if (fd !== writer) closeFile(fd);
}

/** What became of the process that is noted. */
export function judgeNoted(note: Note): PidfileState {
  if (note.is !== "imp's" || !note.identity) return { is: "stale", because: "no start is noted" };
  return judgeIdentity(note.identity, shown(note.identity.pid), bootId());
}

export function shown(pid: number): Shown | undefined {
  const stat = readStat(pid);
  return stat && {
    state: stat.state,
    startTicks: stat.startTicks,
    startedAt: (bootTime() ?? 0) + stat.startTicks * 1000 / ticksPerSecond(),
  };
}

/** The beginning of a file as text, wherever it is read. */
export function readHead(fd: number, most = NOTE_BYTES): string {
  return scratch(() => {
    const { address, bytes } = allocate(most);
    const n = c.pread(fd, address, bytes.length, 0);
    return new TextDecoder().decode(bytes.slice(0, Math.max(0, n)));
  });
}

/** Closes the descriptors when the work fails: with them goes the lock, of which a refused caller must hold nothing. */
export function orClose<T>(fds: readonly number[], work: () => T): T {
  try {
    return work();
  } catch (error) {
    for (const fd of fds) closeFile(fd);
    throw error;
  }
}

interface LockFile {
  readonly fd: number;
  readonly writer: number;
}

/** Opens the lock file twice, making it when there is none. */
function openLock(place: PidfilePlace): LockFile {
  const { directory, name, path } = place;
  const plain = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
  for (;;) {
    const made = tryOpen(lockName(name), O_WRONLY | plain | O_CREAT | O_EXCL, LOCK_MODE, directory);
    const there = () => tryOpen(lockName(name), O_WRONLY | plain, 0, directory);
    const writer = made === -EEXIST ? there() : made;
    // Removed between the two.
    if (made === -EEXIST && writer === -ENOENT) continue;
    if (writer === -ELOOP) throw notOurs(place, "it is a symbolic link");
    if (writer < 0) throw pidfileFailure("open the lock of", path, -writer);
    const fd = tryOpen(lockName(name), O_RDONLY | plain, 0, directory);
    if (fd >= 0 && isSame(fd, writer)) {
      const both = { fd: moveUp(fd, FLOOR.daemon), writer: moveUp(writer, FLOOR.daemon) };
      return orClose([both.fd, both.writer], () => {
        if (made < 0) refuseUnlessOurs(place, both.fd);
        return both;
      });
    }
    closeFile(writer);
    if (fd >= 0) closeFile(fd);
    else if (fd !== -ENOENT) throw pidfileFailure("open the lock of", path, -fd);
  }
}

function refuseUnlessOurs(place: PidfilePlace, fd: number): void {
  const { kind, uid, links, mode } = statFd(fd);
  if (kind !== "file") throw notOurs(place, `it is no plain file (${kind})`);
  if (links > 1) throw notOurs(place, "it has several names (hard links)");
  if (uid !== c.geteuid() && uid !== place.owner) throw notOurs(place, `it belongs to user ${uid}`);
  const note = parseNote(readHead(fd));
  // Of an empty file only the mode tells: a start may have been killed there.
  if (note.is === "foreign" || (note.is === "empty" && mode !== LOCK_MODE)) {
    throw notOurs(place, "it holds something else");
  }
}

function notOurs({ path, name }: PidfilePlace, why: string) {
  return pidfileRefusal(path, `the name of its lock, '${lockName(name)}', is taken: ${why}`, {
    hint: `imp has not made that file and leaves it alone; move it away, or use another pidfile`,
  });
}

/** @returns undefined while somebody holds the lock who may give it up. @throws ImpError once it is known who keeps it */
function tryLock(place: PidfilePlace, file: LockFile, began: number): PidfileLock | undefined {
  const { path } = place;
  let { fd } = file;
  let code = lock(fd);
  // NFS wants a file that can be written: there the daemon gets that one.
  if (code === EBADF) code = lock(fd = file.writer);
  if (code === 0) {
    const note = parseNote(readHead(file.fd));
    // Another start may have made it, and found this one quicker at locking.
    const fresh = note.is === "empty" || (note.is === "imp's" && note.identity === undefined);
    return { fd, writer: file.writer, fresh, note };
  }
  if (code !== EWOULDBLOCK) throw pidfileFailure("lock", path, code);
  place.check();
  const waited = Date.now() - began;
  const starter = whoStarts(file.fd);
  const state = judgeNoted(parseNote(readHead(file.fd)));
  if (starter !== undefined && waited < STARTING_PATIENCE_MS) return undefined;
  if (state.is === "running") throw alreadyRunning(path, `pid ${state.pid}`);
  if (starter !== undefined) throw underWay(path, starter);
  if (waited < CHANGING_PATIENCE_MS) return undefined;
  const because = state.is === "stale" ? state.because : "";
  throw alreadyRunning(path, whoHolds(file.fd), `its daemon is gone: ${because}`);
}

/** @returns 0 or an errno */
function lock(fd: number): number {
  return c.flock(fd, LOCK_EX | LOCK_NB) === 0 ? 0 : errno();
}

// The lock says that there is a daemon, or will be one: it is inherited. A second one says that a start is under way: fcntl(2)
// binds it to this process alone. struct flock: short type, short whence, off_t start, off_t length, int pid.
const FLOCK_BYTES = 32;
const PID_AT = 24;

/** Others see a start under way until this process ends or closes a descriptor of the file. */
function announceStart(writer: number): void {
  scratch(() => {
    const request = allocate(FLOCK_BYTES);
    request.view.setInt16(0, F_WRLCK, true);
    // Without it the others wait for a shorter time.
    c.fcntl(writer, F_SETLK, request.address);
  });
}

/** The PID of the process whose start is under way. */
function whoStarts(fd: number): number | undefined {
  return scratch(() => {
    const request = allocate(FLOCK_BYTES);
    request.view.setInt16(0, F_WRLCK, true);
    if (c.fcntl(fd, F_GETLK, request.address) !== 0) return undefined;
    if (request.view.getInt16(0, true) === F_UNLCK) return undefined;
    return request.view.getInt32(PID_AT, true);
  });
}

/** Whether the directory has this open file by that name. */
export function isAt(directory: number, name: string, fd: number): boolean {
  const there = statAt(directory, name);
  const here = statFd(fd);
  return typeof there !== "string" && there.inode === here.inode && there.device === here.device;
}

function isSame(a: number, b: number): boolean {
  const [one, other] = [statFd(a), statFd(b)];
  return one.inode === other.inode && one.device === other.device;
}
