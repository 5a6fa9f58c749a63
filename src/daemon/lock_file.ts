// The lock file beside a pidfile: created, opened, and told apart from what others put at its name.
import { NAME_MAX } from "../libc/abi_files.ts";
import {
  EACCES,
  EEXIST,
  ELOOP,
  ENAMETOOLONG,
  ENOENT,
  EROFS,
  O_CREAT,
  O_EXCL,
  O_NOCTTY,
  O_NONBLOCK,
  O_RDONLY,
  O_WRONLY,
} from "../libc/abi.ts";
import { O_NOFOLLOW } from "../libc/machine.ts";
import { libc } from "../libc/calling/load.ts";
import { allocate, cString, scratch } from "../libc/calling/memory.ts";
import { closeFile, moveUp, tryOpen } from "../libc/descriptors/files.ts";
import { FLOOR } from "../libc/descriptors/reserved.ts";
import { statAt, statFd } from "../libc/descriptors/stat.ts";
import { pidfileFailure, pidfileRefusal } from "./pidfile_errors.ts";
import { parseNote } from "./pidfile_state.ts";

const c = libc("pread", "unlinkat", "geteuid");

/** What every operation on a pidfile needs. */
export interface PidfilePlace {
  /** As the user wrote it, for messages. */
  readonly path: string;
  readonly name: string;
  /** The open directory. */
  readonly directory: number;
  /** Who besides this process' user may own what imp made there before. */
  readonly owner?: number;
  /** Throws to end the wait for another start. */
  readonly check: () => void;
}

const LOCK_MODE = 0o600;
/** Bytes: room for a note, and the most that is read of one. */
export const NOTE_BYTES = 2048;

/** The lock file of a pidfile. Its mode is 0600, so that nobody else can take the lock. */
export const lockName = (name: string) => `.${name}.imp-lock`;

export interface LockFile {
  readonly fd: number;
  readonly writer: number;
}

/** Opens the lock file twice, creating it if needed. */
export function openLock(place: PidfilePlace): LockFile {
  const { directory, name } = place;
  const plain = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
  for (;;) {
    const made = tryOpen(lockName(name), O_WRONLY | plain | O_CREAT | O_EXCL, LOCK_MODE, directory);
    const there = () => tryOpen(lockName(name), O_WRONLY | plain, 0, directory);
    const writer = made === -EEXIST ? there() : made;
    // Removed between the two.
    if (made === -EEXIST && writer === -ENOENT) continue;
    if (writer === -ELOOP) throw notOurs(place, "it is a symbolic link");
    if (writer < 0) throw unopened(place, made === -EEXIST ? "open" : "make", -writer);
    try {
      const both = openReader(place, writer);
      if (both === undefined) continue;
      if (made < 0) orClose([both.fd, both.writer], () => refuseUnlessOurs(place, both.fd));
      return both;
    } catch (error) {
      // Whoever has opened it meanwhile sees that it has no name any more, and makes another.
      if (made >= 0) scratch(() => c.unlinkat(directory, cString(lockName(name)), 0));
      throw error;
    }
  }
}

/** @returns undefined if the name now belongs to another file; `writer` is then closed, as it is when this throws */
function openReader(place: PidfilePlace, writer: number): LockFile | undefined {
  const flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
  const fd = tryOpen(lockName(place.name), flags, 0, place.directory);
  return orClose(fd < 0 ? [writer] : [writer, fd], () => {
    if (fd < 0 && fd !== -ENOENT) throw pidfileFailure("open the lock of", place.path, -fd);
    if (fd >= 0 && isSame(fd, writer)) {
      return { fd: moveUp(fd, FLOOR.daemon), writer: moveUp(writer, FLOOR.daemon) };
    }
    for (const one of [writer, fd]) if (one >= 0) closeFile(one);
    return undefined;
  });
}

function unopened({ path, name, directory }: PidfilePlace, verb: "open" | "make", code: number) {
  return pidfileFailure(`${verb} the lock of`, path, code, { hint: hintFor() });

  function hintFor(): string | undefined {
    const lock = lockName(name);
    if (code === ENAMETOOLONG) {
      const most = NAME_MAX - lock.length + name.length;
      return `its lock, beside it, needs a longer name: the pidfile's may have at most ${most} bytes`;
    }
    if (verb === "make") {
      return [EACCES, EROFS].includes(code)
        ? `imp makes '${lock}' beside the pidfile; use a directory that this user may write to`
        : undefined;
    }
    const there = statAt(directory, lock);
    if (code !== EACCES || typeof there === "string") return undefined;
    return `'${lock}' belongs to user ${there.uid}: only that user or root may start this daemon`;
  }
}

function refuseUnlessOurs(place: PidfilePlace, fd: number): void {
  const { kind, uid, links, mode } = statFd(fd);
  if (kind !== "file") throw notOurs(place, `it is not a regular file (${kind})`);
  if (links > 1) throw notOurs(place, "it has several names (hard links)");
  if (uid !== c.geteuid() && uid !== place.owner) throw notOurs(place, `it belongs to user ${uid}`);
  const note = parseNote(readHead(fd));
  // An empty file is recognised by its mode only: a start may have been killed there.
  if (note.is === "foreign" || (note.is === "empty" && mode !== LOCK_MODE)) {
    throw notOurs(place, "it has other contents");
  }
}

function notOurs({ path, name }: PidfilePlace, why: string) {
  return pidfileRefusal(path, `the name of its lock, '${lockName(name)}', is taken: ${why}`, {
    hint:
      "a file that imp has not made for this user is left alone; move it away, or use another pidfile",
  });
}

/** Closes the descriptors if the work fails, and with them the lock: a refused caller must not keep it. */
export function orClose<T>(fds: readonly number[], work: () => T): T {
  try {
    return work();
  } catch (error) {
    for (const fd of fds) closeFile(fd);
    throw error;
  }
}

/** The beginning of a file as text, wherever its position is. */
export function readHead(fd: number, most = NOTE_BYTES): string {
  return scratch(() => {
    const { address, bytes } = allocate(most);
    const n = c.pread(fd, address, bytes.length, 0);
    return new TextDecoder().decode(bytes.slice(0, Math.max(0, n)));
  });
}

/** Whether this name in the directory is this open file. */
export function isAt(directory: number, name: string, fd: number): boolean {
  const there = statAt(directory, name);
  const here = statFd(fd);
  return typeof there !== "string" && there.inode === here.inode && there.device === here.device;
}

function isSame(a: number, b: number): boolean {
  const [one, other] = [statFd(a), statFd(b)];
  return one.inode === other.inode && one.device === other.device;
}
