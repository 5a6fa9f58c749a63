// Files that are read and written whole: records, units, pages, small executables.
import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import {
  AT_FDCWD,
  EEXIST,
  ENOENT,
  O_CREAT,
  O_EXCL,
  O_NOCTTY,
  O_NONBLOCK,
  O_RDONLY,
  O_WRONLY,
} from "../abi.ts";
import { errno, errnoName, errnoNumber, systemError } from "../calling/errno.ts";
import { libc } from "../calling/load.ts";
import { O_NOFOLLOW } from "../machine.ts";
import { removeIn, renameIn } from "./file_names.ts";
import { closeFile, readToEnd, tryOpen, writeAll } from "./files.ts";
import { statFd } from "./stat.ts";

export interface WriteOptions {
  /** Its directory, already open: the path to it is not walked again. */
  readonly at?: number;
  /** Permissions, whatever the umask. Default: those of any new file. */
  readonly mode?: number;
  /** Survives a power failure right after. */
  readonly durable?: boolean;
  /** Hints by errno name. */
  readonly hints?: Readonly<Record<string, string>>;
}

const READING = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
const WRITING = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
const OWNER_ONLY = 0o600, ANY_NEW_FILE = 0o666;
/** A larger file is not one of imp's, and is not read whole. */
const MOST_BYTES = 4 << 20;
/** How many names of working files are tried. */
const MOST_TRIES = 100;
/** How often a working file that somebody removed is written again. */
const MOST_REMOVED = 3;

const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full; what was written there before is untouched",
  EDQUOT: "the disk quota is used up; what was written there before is untouched",
  ENOENT: "its directory does not exist",
};

let written = 0;

/**
 * Replaces a file so that a reader finds the old one or the new one, whole, even if this process is killed or the disk
 * is full: it is written beside it as `.NAME.PID.N`, then renamed.
 * @throws ImpError: then nothing has changed and no working file is left
 */
export function writeWhole(
  path: string,
  data: string | Uint8Array,
  options: WriteOptions = {},
): void {
  for (let tries = 1;; tries++) {
    const beside = createBeside(path, options);
    const code = fill(beside.fd, data, options) ||
      -renameIn(beside.at, beside.name, beside.replaces);
    if (code === 0) return;
    removeIn(beside.at, beside.name);
    // Somebody took it for the remains of a killed process: PIDs of another PID namespace mean nothing here.
    if (code !== ENOENT || tries >= MOST_REMOVED) throw unwritten(path, code, options);
  }
}

/** Whether {@link writeWhole} could write there now; changes nothing. @throws ImpError if it could not */
export function checkWritable(path: string): void {
  const { fd, at, name } = createBeside(path, {});
  closeFile(fd);
  removeIn(at, name);
}

/** The bytes of a regular file; undefined if there is none; ImpError if it cannot be read or is something else. */
export function readPlainFile(path: string): Uint8Array | ImpError | undefined {
  const fd = tryOpen(path, READING);
  if (fd === -ENOENT) return undefined;
  if (fd < 0) return systemError(-fd, "read", path, { exit: EXIT.failed });
  try {
    const { kind, size } = statFd(fd);
    if (kind !== "file") return unread(path, `it is not a plain file (${kind})`);
    if (size > MOST_BYTES) return unread(path, `it is too large (${size} bytes)`);
    return readToEnd(fd, path);
  } catch (error) {
    if (error instanceof ImpError) return error.with({ exit: EXIT.failed });
    throw error;
  } finally {
    closeFile(fd);
  }
}

interface WorkingFile {
  readonly fd: number;
  /** The directory that both names are relative to. */
  readonly at: number;
  readonly name: string;
  readonly replaces: string;
}

/** @throws ImpError */
function createBeside(path: string, options: WriteOptions): WorkingFile {
  const { at = AT_FDCWD, mode } = options;
  const slash = path.lastIndexOf("/") + 1;
  const folder = options.at === undefined ? path.slice(0, slash) : "";
  const name = path.slice(slash);
  for (let tries = 1;; tries++) {
    const own = `${libc("getpid").getpid()}.${(written++).toString(36)}`;
    const working = `${folder}.${shortened(name)}.${own}`;
    const fd = tryOpen(working, WRITING, mode === undefined ? ANY_NEW_FILE : OWNER_ONLY, at);
    if (fd >= 0) return { fd, at, name: working, replaces: folder + name };
    if (fd !== -EEXIST || tries >= MOST_TRIES) throw unwritten(path, -fd, options);
  }
}

/** Leaves room for the rest of a working file's name: a name has at most 255 bytes. */
function shortened(name: string): string {
  return name.length <= 50 ? name : [...name].slice(0, 50).join("");
}

/** @returns 0, or an errno */
function fill(fd: number, data: string | Uint8Array, { mode, durable }: WriteOptions): number {
  const c = libc("fchmod", "fsync");
  try {
    writeAll(fd, data);
    if (mode !== undefined && mode !== OWNER_ONLY && c.fchmod(fd, mode) !== 0) return errno();
    return durable && c.fsync(fd) !== 0 ? errno() : 0;
  } catch (error) {
    if (error instanceof ImpError && error.errno) return errnoNumber(error.errno);
    throw error;
  } finally {
    closeFile(fd);
  }
}

function unwritten(path: string, code: number, { hints = {} }: WriteOptions): ImpError {
  const hint = { ...HINTS, ...hints }[errnoName(code)];
  return systemError(code, "write", path, { hint, exit: EXIT.failed });
}

function unread(path: string, why: string): ImpError {
  return new ImpError({ action: "read", object: path, why, exit: EXIT.failed });
}
