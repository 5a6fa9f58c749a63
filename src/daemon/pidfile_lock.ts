import type { ImpError } from "../base/errors.ts";
import {
  EBADF,
  EOPNOTSUPP,
  EWOULDBLOCK,
  F_GETLK,
  F_SETLK,
  F_UNLCK,
  F_WRLCK,
  FALLOC_FL_KEEP_SIZE,
  LOCK_EX,
  LOCK_NB,
} from "../libc/abi.ts";
import { errno } from "../libc/calling/errno.ts";
import { closeFile } from "../libc/descriptors/files.ts";
import { libc } from "../libc/calling/load.ts";
import { allocate, cString, scratch } from "../libc/calling/memory.ts";
import { bootId, bootTime, ticksPerSecond } from "../procfs/boot.ts";
import { readStat } from "../procfs/stat.ts";
import {
  isAt,
  type LockFile,
  lockName,
  NOTE_BYTES,
  openLock,
  orClose,
  type PidfilePlace,
  readHead,
} from "./lock_file.ts";
import { nap, UNSEEN, whoHolds } from "./lock_holders.ts";
import { alreadyRunning, pidfileFailure, underWay } from "./pidfile_errors.ts";
import {
  formatNoteHead,
  type Identity,
  judgeIdentity,
  type Note,
  parseNote,
  type PidfileState,
  type Shown,
} from "./pidfile_state.ts";

const c = libc(
  "flock",
  "fcntl",
  "pwrite",
  "ftruncate",
  "fallocate",
  "unlinkat",
);

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

/** How long to wait for another start to finish or to fail, ms. */
const STARTING_PATIENCE_MS = 10_000;
/** How long for what may be the end of a daemon, or the beginning of one whose imp was killed, ms. */
const CHANGING_PATIENCE_MS = 3000;

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

/** The process that this start has noted is none: while it ends it may still hold the lock, and others would take it for a daemon. */
export function withdrawNote({ fd, writer, note }: PidfileLock): void {
  const now = parseNote(readHead(fd));
  if (now.is !== "imp's" || !now.identity) return;
  const before = note.is === "imp's" ? note.identity : undefined;
  if (before?.pid === now.identity.pid && before.startTicks === now.identity.startTicks) return;
  c.ftruncate(writer, 0);
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
  return judgeProcess(note.identity);
}

/** What became of a process that was noted, here or by an earlier version. */
export function judgeProcess(noted: Identity): PidfileState {
  return judgeIdentity(noted, shown(noted.pid), bootId());
}

export function shown(pid: number): Shown | undefined {
  const stat = readStat(pid);
  return stat && {
    state: stat.state,
    startTicks: stat.startTicks,
    startedAt: (bootTime() ?? 0) + stat.startTicks * 1000 / ticksPerSecond(),
  };
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
  const noted = judgeNoted(parseNote(readHead(file.fd)));
  const starter = whoStarts(file.fd);
  if (starter !== undefined) {
    if (waited < STARTING_PATIENCE_MS) return undefined;
    throw underWay(path, starter);
  }
  // Noted before exec: it is a daemon if it is there after its start is over. Another start may have begun meanwhile.
  const state = judgeNoted(parseNote(readHead(file.fd)));
  const same = noted.is === "running" && state.is === "running" && noted.pid === state.pid;
  if (same) throw alreadyRunning(path, `pid ${state.pid}`);
  if (waited < CHANGING_PATIENCE_MS) return undefined;
  throw heldStill(path, file.fd, state);
}

/** Whoever noted the start is not the one that holds the lock, as far as can be seen from here. */
function heldStill(path: string, fd: number, state: PidfileState): ImpError {
  const who = whoHolds(fd);
  if (who === undefined) {
    const where = "it may be another user's, or in another PID namespace";
    return alreadyRunning(path, UNSEEN, where);
  }
  return alreadyRunning(
    path,
    who,
    `its daemon is gone: ${state.is === "stale" ? state.because : ""}`,
  );
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
export function whoStarts(fd: number): number | undefined {
  return scratch(() => {
    const request = allocate(FLOCK_BYTES);
    request.view.setInt16(0, F_WRLCK, true);
    if (c.fcntl(fd, F_GETLK, request.address) !== 0) return undefined;
    if (request.view.getInt16(0, true) === F_UNLCK) return undefined;
    return request.view.getInt32(PID_AT, true);
  });
}
