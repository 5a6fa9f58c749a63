import { S_IALLUGO } from "../abi_files.ts";
import { textFromBytes } from "../../base/byte_text.ts";
import { DIRENT64, STATX } from "../structs.ts";
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  O_RDONLY,
  STATX_BASIC_STATS,
} from "../abi.ts";
import { O_DIRECTORY, O_NOFOLLOW } from "../machine.ts";
import { errno, errnoName, systemError } from "../calling/errno.ts";
import { closeFile, shortPath, tryOpen } from "./files.ts";
import { allocate, allocateForGood, type Block, cString, scratch } from "../calling/memory.ts";
import { syscall } from "../calling/load.ts";

export type FileKind =
  | "file"
  | "directory"
  | "link"
  | "fifo"
  | "socket"
  | "char"
  | "block"
  | "unknown";

export interface FileStatus {
  readonly kind: FileKind;
  /** Permission bits, with set-id and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly links: number;
  readonly inode: bigint;
  /** `major:minor` of the file system. */
  readonly device: string;
  /** `major:minor` of the device that a `char` or `block` entry stands for. */
  readonly special: string;
  /** Last modification, milliseconds since 1970. */
  readonly modified: number;
  /** Nanoseconds beyond whole seconds, which a number of milliseconds cannot hold. */
  readonly nanoseconds: number;
}

const KINDS: Record<number, FileKind> = {
  0o10: "file",
  0o04: "directory",
  0o12: "link",
  0o01: "fifo",
  0o14: "socket",
  0o02: "char",
  0o06: "block",
};

/** Of the name in struct linux_dirent64. */
const DOT = 0x2e;

/**
 * Facts about a path (a final symbolic link is followed unless `follow` is false). @returns the errno name on failure
 */
export function statPath(path: string, follow = true): FileStatus | string {
  return statx(AT_FDCWD, path, follow ? 0 : AT_SYMLINK_NOFOLLOW);
}

/** A file's link count, or a directory's number of subdirectories plus two; 0 when unknown. */
export function linkCount(path: string): number {
  return briefly(path)?.getUint32(STATX.stx_nlink, true) ?? 0;
}

/** Permission bits of a path, following links; undefined when unknown. Cheap enough for hundreds. */
export function permissions(path: string): number | undefined {
  const status = briefly(path);
  return status && status.getUint16(STATX.stx_mode, true) & S_IALLUGO;
}

/** A struct statx, valid until the next call. */
function briefly(path: string): DataView | undefined {
  const name = shortPath(path);
  if (name === 0) return undefined;
  brief ??= allocateForGood(STATX.bytes);
  const result = syscall("statx", AT_FDCWD, name, 0, STATX_BASIC_STATS, brief.address);
  return result < 0 ? undefined : brief.view;
}

let brief: Block | undefined;

/** Facts about an entry of an open directory; a symbolic link is not followed. */
export function statAt(directory: number, name: string): FileStatus | string {
  return statx(directory, name, AT_SYMLINK_NOFOLLOW);
}

/** What ENXIO of open(2) means for this kind of file. */
export function hintOfNoDevice(status: FileStatus | string): string | undefined {
  if (typeof status === "string") return undefined;
  if (status.kind === "fifo") return "nobody reads this FIFO; start its reader first";
  if (status.kind === "socket") return "it is a socket, which no program can open as a file";
  return status.special === "5:0" ? "imp has no terminal that this could be" : undefined;
}

/** Facts about an open descriptor. @throws ImpError (EBADF: it is not open) */
export function statFd(fd: number): FileStatus {
  const status = statx(fd, "", AT_EMPTY_PATH);
  if (typeof status !== "string") return status;
  throw systemError(status, "read the status of", `descriptor ${fd}`);
}

/** Facts about a descriptor; undefined if it is not open. */
export function tryStatFd(fd: number): FileStatus | undefined {
  const status = statx(fd, "", AT_EMPTY_PATH);
  return typeof status === "string" ? undefined : status;
}

/** Names in a directory, without `.` and `..`, in the kernel's order. @returns the errno name on failure */
export function listDirectory(path: string): string[] | string {
  const fd = tryOpen(path, O_RDONLY | O_DIRECTORY);
  if (fd < 0) return errnoName(-fd);
  const names: string[] = [];
  try {
    // Runs for hundreds of entries before any code is compiled: the whole buffer becomes one text.
    bytesAsText ??= new TextDecoder("latin1");
    const failure = eachBuffer(fd, ({ bytes, view }) => {
      const text = bytesAsText!.decode(bytes);
      for (let at = 0; at < bytes.length; at += view.getUint16(at + DIRENT64.d_reclen, true)) {
        const start = at + DIRENT64.d_name;
        const end = text.indexOf("\0", start);
        const name = text.slice(start, end);
        if (name === "." || name === "..") continue;
        names.push(NOT_ASCII.test(name) ? textFromBytes(bytes.subarray(start, end)) : name);
      }
    });
    return failure ?? names;
  } finally {
    closeFile(fd);
  }
}

/**
 * Whether a name in a directory may contain this text; false if certainly not, or if it cannot be listed. The names are
 * not split, which would cost a millisecond for hundreds.
 */
export function directoryMayHold(path: string, text: string): boolean {
  const fd = tryOpen(path, O_RDONLY | O_DIRECTORY);
  if (fd < 0) return false;
  let found = false;
  const decoder = new TextDecoder();
  eachBuffer(fd, ({ bytes }) => found ||= decoder.decode(bytes).includes(text));
  closeFile(fd);
  return found;
}

/** The entry of a directory in a struct linux_dirent64: its length, DT_DIR, digits. */
// deno-lint-ignore no-control-regex
const NUMBERED = /[\x18\x20]\0\x04\d+\0/g;
const BEFORE_NUMBER = 3;

/**
 * The subdirectories whose names are numbers, in the kernel's order. For /proc, which has thousands: one regular expression finds them.
 * Very rarely an inode number looks like an entry, and a number is listed that is not there. @returns the errno name on failure
 */
export function listNumbers(path: string): number[] | string {
  const fd = tryOpen(path, O_RDONLY | O_DIRECTORY);
  if (fd < 0) return errnoName(-fd);
  bytesAsText ??= new TextDecoder("latin1");
  const numbers: number[] = [];
  const failure = eachBuffer(fd, ({ bytes }) => {
    for (const entry of bytesAsText!.decode(bytes).match(NUMBERED) ?? []) {
      numbers.push(Number(entry.slice(BEFORE_NUMBER, -1)));
    }
  });
  closeFile(fd);
  return failure ?? numbers;
}

/** Like {@link listDirectory}, for an open directory; names are bytes, as on Linux. */
export function listNames(fd: number): Uint8Array[] | string {
  const names: Uint8Array[] = [];
  return eachEntry(fd, (name) => names.push(name.slice())) ?? names;
}

/** A directory entry. @field kind `unknown` where the file system does not say */
export interface NamedEntry {
  readonly name: string;
  readonly kind: FileKind;
}

/**
 * Like {@link listDirectory}, with the kind of each entry. @param follow whether `path` may be a link to a directory.
 * @returns the errno name on failure
 */
export function listEntries(path: string, follow = true): NamedEntry[] | string {
  const fd = tryOpen(path, O_RDONLY | O_DIRECTORY | (follow ? 0 : O_NOFOLLOW));
  if (fd < 0) return errnoName(-fd);
  const entries: NamedEntry[] = [];
  try {
    const failure = eachEntry(fd, (name, type) => {
      // DT_DIR and the like of readdir(3) are the kinds of st_mode.
      entries.push({ name: textFromBytes(name), kind: KINDS[type] ?? "unknown" });
    });
    return failure ?? entries;
  } finally {
    closeFile(fd);
  }
}

/** Calls `use` with each entry; what it gets of the name is overwritten later. @returns the errno name on failure */
function eachEntry(fd: number, use: (name: Uint8Array, type: number) => void): string | undefined {
  return eachBuffer(fd, ({ bytes, view }) => {
    for (let at = 0; at < bytes.length; at += view.getUint16(at + DIRENT64.d_reclen, true)) {
      const start = at + DIRENT64.d_name;
      const name = bytes.subarray(start, bytes.indexOf(0, start));
      if (!isDots(name)) use(name, bytes[at + DIRENT64.d_type]);
    }
  });
}

/** When a file was last written to, milliseconds since 1970; 0 if it does not exist. */
export function modificationTime(path: string): number {
  const status = statPath(path);
  return typeof status === "string" ? 0 : status.modified;
}

/** Whether poll(2) reports of this descriptor that nobody has the other end any more. */
export function isPipeOrSocket(fd: number): boolean {
  const kind = tryStatFd(fd)?.kind;
  return kind === "fifo" || kind === "socket";
}

/** When a file's data or metadata last changed, milliseconds since 1970; a link is not followed. 0 when unknown. */
export function changeTime(path: string): number {
  return scratch(() => {
    const name = cString(path);
    const { address, view } = allocate(STATX.bytes);
    const flags = AT_SYMLINK_NOFOLLOW;
    const result = syscall("statx", AT_FDCWD, name, flags, STATX_BASIC_STATS, address);
    if (result < 0) return 0;
    return Number(view.getBigInt64(STATX.stx_ctime, true)) * 1000 +
      view.getUint32(STATX.stx_ctime + 8, true) / 1e6;
  });
}

/** One character per byte; imp does not look for those above 127. Not every command lists a directory. */
let bytesAsText: TextDecoder | undefined;
// deno-lint-ignore no-control-regex
const NOT_ASCII = /[^\x00-\x7f]/;

/**
 * Calls `use` with each buffer of getdents64(2): struct linux_dirent64 is u64 ino, s64 off, u16 reclen, u8 type, name.
 * @returns the errno name on failure
 */
function eachBuffer(
  fd: number,
  use: (entries: { readonly bytes: Uint8Array; readonly view: DataView }) => void,
): string | undefined {
  return scratch(() => {
    const { address, bytes, view } = allocate(1 << 15);
    for (;;) {
      const n = syscall("getdents64", fd, address, bytes.length);
      if (n < 0) return errnoName(errno());
      if (n === 0) return undefined;
      use({ bytes: bytes.subarray(0, n), view });
    }
  });
}

function isDots(name: Uint8Array): boolean {
  return name.length <= 2 && name.every((byte) => byte === DOT);
}

function statx(at: number, path: string, flags: number): FileStatus | string {
  return scratch(() => {
    const name = cString(path);
    const block = allocate(256);
    const result = syscall("statx", at, name, flags, STATX_BASIC_STATS, block.address);
    return result < 0 ? errnoName(errno()) : read(block);
  });
}

function read({ view }: Block): FileStatus {
  const mode = view.getUint16(STATX.stx_mode, true);
  return {
    kind: KINDS[mode >> 12] ?? "unknown",
    mode: mode & S_IALLUGO,
    uid: view.getUint32(STATX.stx_uid, true),
    gid: view.getUint32(STATX.stx_gid, true),
    size: Number(view.getBigUint64(STATX.stx_size, true)),
    links: view.getUint32(STATX.stx_nlink, true),
    inode: view.getBigUint64(STATX.stx_ino, true),
    device: `${view.getUint32(STATX.stx_dev, true)}:${view.getUint32(STATX.stx_dev + 4, true)}`,
    special: `${view.getUint32(STATX.stx_rdev, true)}:${view.getUint32(STATX.stx_rdev + 4, true)}`,
    modified: Number(view.getBigInt64(STATX.stx_mtime, true)) * 1000 +
      view.getUint32(STATX.stx_mtime + 8, true) / 1e6,
    nanoseconds: view.getUint32(STATX.stx_mtime + 8, true),
  };
}
