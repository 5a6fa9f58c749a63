import { PATH_MAX } from "../abi_files.ts";
import { bytesFromText, textFromBytes } from "../../base/byte_text.ts";
import { FLOOR } from "./reserved.ts";
import {
  EAGAIN,
  EINTR,
  EINVAL,
  EMFILE,
  ENAMETOOLONG,
  F_DUPFD_CLOEXEC,
  F_GETFD,
  O_CLOEXEC,
  O_CREAT,
  O_RDONLY,
  POLLOUT,
} from "../abi.ts";
import { errno, systemError } from "../calling/errno.ts";
import { libc } from "../calling/load.ts";
import { pollOne } from "./poll_one.ts";
import { allocateForGood, type Block, cString, scratch } from "../calling/memory.ts";

const c = libc("open", "openat", "close", "read", "write", "fcntl", "readlink");

const CHUNK = 1 << 16;

let chunk: Block | undefined;
let pathBlock: Block | undefined;
let linkBlock: Block | undefined;
const encoder = new TextEncoder();

/**
 * Opens a file, always close-on-exec.
 * @param at descriptor of the directory that `path` starts from; the working directory by default
 * @throws ImpError with the errno name
 */
export function openFile(path: string, flags: number, mode = 0o666, at?: number): number {
  const fd = tryOpen(path, flags, mode, at);
  if (fd < 0) throw systemError(-fd, flags & O_CREAT ? "create" : "open", path);
  return fd;
}

/** Like {@link openFile}, but @returns -errno on failure. */
export function tryOpen(
  path: string | Uint8Array,
  flags: number,
  mode = 0o666,
  at?: number,
): number {
  return scratch(() => {
    const name = cString(path);
    for (;;) {
      const fd = at === undefined
        ? c.open(name, flags | O_CLOEXEC, mode)
        : c.openat(at, name, flags | O_CLOEXEC, mode);
      if (fd >= 0) return fd;
      const code = errno();
      if (code !== EINTR) return -code;
    }
  });
}

export function closeFile(fd: number): void {
  c.close(fd);
}

/**
 * Duplicates `fd` at `lowest` or above, close-on-exec, and closes `fd`. If no number is free there because the limit on
 * open files is low, `lowest` is halved until one is, but the copy is never one of 0-2.
 */
export function moveUp(fd: number, lowest: number): number {
  if (fd >= lowest) return fd;
  const moved = c.fcntl(fd, F_DUPFD_CLOEXEC, lowest);
  if (moved < 0) {
    const code = errno();
    // EINVAL: the limit is below. EMFILE: all from there to the limit are taken.
    const lower = Math.max(FLOOR.standard, lowest >> 1);
    if ((code === EINVAL || code === EMFILE) && lower < lowest) return moveUp(fd, lower);
    throw systemError(code, "duplicate", `descriptor ${fd}`);
  }
  c.close(fd);
  return moved;
}

/** Another descriptor for the same, close-on-exec. @throws ImpError (EMFILE) */
export function duplicate(fd: number): number {
  const copy = c.fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) throw systemError(errno(), "duplicate", `descriptor ${fd}`);
  return copy;
}

/** Whether the descriptor is open in this process. */
export function isOpen(fd: number): boolean {
  return c.fcntl(fd, F_GETFD, 0) >= 0;
}

/** Reads up to one chunk (64 KiB). @returns the bytes, none at the end; -errno when it fails */
export function readSome(fd: number): Uint8Array | number {
  chunk ??= allocateForGood(CHUNK);
  for (;;) {
    const n = c.read(fd, chunk.address, CHUNK);
    if (n >= 0) return chunk.bytes.slice(0, n);
    const code = errno();
    if (code !== EINTR) return -code;
  }
}

/**
 * The content of a file that the kernel generates for one read(2), like most of /proc: three system calls, no
 * allocation. Longer files are read on past the first 64 KiB.
 * @returns bytes that are valid until the next file is read or written; -errno when it cannot be read
 */
export function readRecord(path: string, flags = O_RDONLY): Uint8Array | number {
  chunk ??= allocateForGood(CHUNK);
  const name = shortPath(path);
  if (name === 0) return -ENAMETOOLONG;
  let fd = c.open(name, flags | O_CLOEXEC, 0);
  // EINTR and other errors are rare: the ordinary way sorts them out.
  if (fd < 0) fd = tryOpen(path, flags);
  if (fd < 0) return fd;
  const n = c.read(fd, chunk.address, CHUNK);
  const bytes = n >= 0 && n < CHUNK ? chunk.bytes.subarray(0, n) : readOn(fd, n, errno());
  c.close(fd);
  return bytes;
}

/** A path in memory that the next call reuses. @returns its address; 0 when it exceeds PATH_MAX */
export function shortPath(path: string): number {
  pathBlock ??= allocateForGood(PATH_MAX);
  if (!path.isWellFormed()) return shortBytes(bytesFromText(path), pathBlock);
  const { read, written } = encoder.encodeInto(path, pathBlock.bytes);
  if (read < path.length || written === PATH_MAX) return 0;
  pathBlock.bytes[written] = 0;
  return pathBlock.address;
}

function shortBytes(path: Uint8Array, { bytes, address }: Block): number {
  if (path.length >= PATH_MAX) return 0;
  bytes.set(path);
  bytes[path.length] = 0;
  return address;
}

function readOn(fd: number, n: number, code: number): Uint8Array | number {
  if (n < 0 && code !== EINTR) return -code;
  const parts: Uint8Array[] = n > 0 ? [chunk!.bytes.slice(0, n)] : [];
  for (;;) {
    const part = readSome(fd);
    if (typeof part === "number") return part;
    if (part.length === 0) return joined(parts);
    parts.push(part);
  }
}

/** The whole content of a file. @throws ImpError */
export function readFile(path: string): Uint8Array {
  const fd = openFile(path, O_RDONLY);
  try {
    return readToEnd(fd, path);
  } finally {
    c.close(fd);
  }
}

/** The whole content of a file as text; undefined when it cannot be read, for whatever reason. */
export function readTextOrNothing(path: string): string | undefined {
  const bytes = readFileOrNothing(path);
  return bytes && new TextDecoder().decode(bytes);
}

/** The whole content of a file; undefined when it cannot be read, for whatever reason. */
export function readFileOrNothing(path: string): Uint8Array | undefined {
  const fd = tryOpen(path, O_RDONLY);
  if (fd < 0) return undefined;
  try {
    return readToEnd(fd, path);
  } catch {
    return undefined;
  } finally {
    c.close(fd);
  }
}

/** Everything from the descriptor's position to the end. @throws ImpError naming `path` */
export function readToEnd(fd: number, path: string): Uint8Array {
  const parts: Uint8Array[] = [];
  for (;;) {
    const part = readSome(fd);
    if (typeof part === "number") throw systemError(-part, "read", path);
    if (part.length === 0) return joined(parts);
    parts.push(part);
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0];
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * Writes every byte, however little the kernel takes at a time.
 * @param name what to call the descriptor in an error
 * @throws ImpError (EPIPE, ENOSPC, EIO …)
 */
export function writeAll(fd: number, data: string | Uint8Array, name = `descriptor ${fd}`): void {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  chunk ??= allocateForGood(CHUNK);
  for (let done = 0; done < bytes.length;) {
    const part = bytes.subarray(done, done + CHUNK);
    chunk.bytes.set(part);
    const n = c.write(fd, chunk.address, part.length);
    if (n >= 0) {
      done += n;
      continue;
    }
    const code = errno();
    if (code === EAGAIN) waitWritable(fd);
    else if (code !== EINTR) throw systemError(code, "write to", name);
  }
}

/** Somebody who shares the descriptor made it non-blocking: wait until it takes bytes again. */
function waitWritable(fd: number): void {
  pollOne(fd, POLLOUT, 1000);
}

/** The target of a symbolic link; undefined when it cannot be read. */
export function readLink(path: string): string | undefined {
  const name = shortPath(path);
  if (name === 0) return undefined;
  linkBlock ??= allocateForGood(PATH_MAX);
  const n = c.readlink(name, linkBlock.address, PATH_MAX);
  return n < 0 ? undefined : textFromBytes(linkBlock.bytes.subarray(0, n));
}
