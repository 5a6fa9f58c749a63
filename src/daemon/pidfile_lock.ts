import { FLOCK } from "../libc/structs.ts";
import type { ImpError } from "../base/errors.ts";
import {
  EBADF,
  ENOSPC,
  EOPNOTSUPP,
  EWOULDBLOCK,
  F_GETLK,
  F_SETLK,
  F_UNLCK,
  F_WRLCK,
  FALLOC_FL_KEEP_SIZE,
} from "../libc/abi.ts";
import { errno } from "../libc/calling/errno.ts";
import { tryLockFile } from "../libc/descriptors/file_lock.ts";
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
import { UNSEEN, whoHolds } from "./lock_holders.ts";
import { nap } from "../libc/time.ts";
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
  "fcntl",
  "pwrite",
  "ftruncate",
  "fallocate",
  "unlinkat",
);

/** The lock file beside a pidfile, locked. */
export interface PidfileLock {
  /** The locked descriptor, later the daemon's: nothing can be written through it. */
  readonly fd: number;
  /** For writing the note; not passed on. */
  readonly writer: number;
  /** No daemon is recorded in it: only starts have made it, and the last one that fails removes it. */
  readonly fresh: boolean;
  readonly note: Note;
}

/** How long to wait for another start to finish or fail, ms. */
const STARTING_PATIENCE_MS = 10_000;
/** How long to wait for what may be an ending daemon, or a beginning one whose imp was killed, ms. */
const CHANGING_PATIENCE_MS = 3000;

/**
 * Takes the lock. Everybody else fails or waits until this process, and whatever inherits the lock, is gone.
 * @throws ImpError: exit 1 if the daemon is already running, 125 if there can be no lock
 */
export function takeLock(place: PidfilePlace): PidfileLock {
  const began = Date.now();
  for (;;) {
    const file = openLock(place);
    const locked = orClose([file.fd, file.writer], () => tryLock(place, file, began));
    // It may be removed between opening and locking: then the locked file has no name.
    if (locked !== undefined && isAt(place.directory, lockName(place.name), locked.fd)) {
      announceStart(locked.writer);
      return locked;
    }
    closeFile(file.fd);
    closeFile(file.writer);
    if (locked === undefined) nap(5);
  }
}

/** Begins the note about a new daemon. @returns where the daemon continues it */
export function beginNote({ writer }: PidfileLock, { path }: PidfilePlace): number {
  const head = formatNoteHead(bootId());
  c.ftruncate(writer, 0);
  // Finds out about a full disk before anything runs.
  if (c.fallocate(writer, FALLOC_FL_KEEP_SIZE, 0, NOTE_BYTES) !== 0) {
    const code = errno();
    if (code !== EOPNOTSUPP) throw pidfileFailure("reserve room for", path, code);
  }
  scratch(() => {
    const n = c.pwrite(writer, cString(head), head.length, 0);
    const code = errno();
    if (n !== head.length) throw pidfileFailure("write the lock of", path, n < 0 ? code : ENOSPC);
  });
  return head.length;
}

/**
 * Withdraws the process recorded by this start: while ending it may still hold the lock, and others would take it for a
 * daemon.
 */
export function withdrawNote({ fd, writer, note }: PidfileLock): void {
  const now = parseNote(readHead(fd));
  if (now.is !== "imp's" || !now.identity) return;
  const before = note.is === "imp's" ? note.identity : undefined;
  if (before?.pid === now.identity.pid && before.startTicks === now.identity.startTicks) return;
  c.ftruncate(writer, 0);
}

/** Releases the lock; removes its file unless a daemon was recorded before. */
export function releaseLock(
  { fd, writer, fresh }: PidfileLock,
  { directory, name }: PidfilePlace,
): void {
  if (fresh) scratch(() => c.unlinkat(directory, cString(lockName(name)), 0));
  closeFile(writer);
  if (fd !== writer) closeFile(fd);
}

/** The state of the recorded process. */
export function judgeNoted(note: Note): PidfileState {
  if (note.is !== "imp's" || !note.identity) return { is: "stale", because: "no start is noted" };
  return judgeProcess(note.identity);
}

/** The state of a process recorded here or by an earlier version. */
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

/** @returns undefined while the lock's holder may still release it. @throws ImpError once it is known who keeps it */
function tryLock(place: PidfilePlace, file: LockFile, began: number): PidfileLock | undefined {
  const { path } = place;
  let { fd } = file;
  let code = lock(fd);
  // NFS needs a writable file to lock: there the daemon gets that one.
  if (code === EBADF) code = lock(fd = file.writer);
  if (code === 0) {
    const note = parseNote(readHead(file.fd));
    // Another start may have made it, and this one was faster to lock it.
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
  // Recorded before exec: if it exists after its start is over, it is a daemon. Another start may have begun meanwhile.
  const state = judgeNoted(parseNote(readHead(file.fd)));
  const same = noted.is === "running" && state.is === "running" && noted.pid === state.pid;
  if (same) throw alreadyRunning(path, `pid ${state.pid}`);
  if (waited < CHANGING_PATIENCE_MS) return undefined;
  throw heldStill(path, file.fd, state);
}

/** The lock's holder is not the one that recorded the start, as far as can be seen from here. */
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
  return -tryLockFile(fd);
}

// The lock says that there is a daemon, or will be: it is inherited. A second one says that a start is in progress:
// fcntl(2) binds it to this process alone.

/** Shows a start in progress until this process ends or closes a descriptor of the file. */
function announceStart(writer: number): void {
  scratch(() => {
    const request = allocate(FLOCK.bytes);
    request.view.setInt16(FLOCK.l_type, F_WRLCK, true);
    // Without it, others wait for a shorter time.
    c.fcntl(writer, F_SETLK, request.address);
  });
}

/** The PID of the process that is starting a daemon. */
export function whoStarts(fd: number): number | undefined {
  return scratch(() => {
    const request = allocate(FLOCK.bytes);
    request.view.setInt16(FLOCK.l_type, F_WRLCK, true);
    if (c.fcntl(fd, F_GETLK, request.address) !== 0) return undefined;
    if (request.view.getInt16(FLOCK.l_type, true) === F_UNLCK) return undefined;
    return request.view.getInt32(FLOCK.l_pid, true);
  });
}
