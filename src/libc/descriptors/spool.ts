import {
  EINTR,
  EINVAL,
  ENOSYS,
  F_SETFL,
  FALLOC_FL_PUNCH_HOLE,
  MFD_CLOEXEC,
  O_APPEND,
  O_CLOEXEC,
  O_RDWR,
  SEEK_END,
} from "../abi.ts";
import { O_TMPFILE } from "../machine.ts";
import { errno, systemError } from "../calling/errno.ts";
import { tryOpen } from "./files.ts";
import { libc, syscall } from "../calling/load.ts";
import { allocate, type Block, cString } from "../calling/memory.ts";

const c = libc("fcntl", "lseek", "sendfile", "fallocate", "ftruncate", "pread", "write");

let name: number | undefined;
let offset: Block | undefined;
let copy: Block | undefined;

/**
 * An unnamed file in memory; memfd_create(2). It is in append mode, so that a program that reopens /dev/stdout writes
 * after what it wrote before.
 */
export function createMemoryFile(): number {
  name ??= cString("imp-output");
  const fd = syscall("memfd_create", name, MFD_CLOEXEC);
  if (fd < 0) throw systemError(errno(), "make", "a file in memory");
  c.fcntl(fd, F_SETFL, O_APPEND);
  return fd;
}

/** An unnamed file on the file system of `directory`. @returns -errno when it cannot be made there */
export function createUnnamedFile(directory: string): number {
  return tryOpen(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0o600);
}

export function sizeOf(fd: number): number {
  return c.lseek(fd, 0, SEEK_END);
}

/**
 * Moves bytes from a file to any descriptor, inside the kernel where it can.
 * @returns how many were moved; -errno when none were (-EAGAIN, -EPIPE, -ENOSPC …)
 */
export function transfer(to: number, from: number, position: number, count: number): number {
  offset ??= allocate(8);
  offset.view.setBigInt64(0, BigInt(position), true);
  const n = c.sendfile(to, from, offset.address, count);
  if (n >= 0) return n;
  const code = errno();
  // sendfile(2) refuses some targets, such as those opened with O_APPEND.
  return code === EINVAL || code === ENOSYS ? copyOnce(to, from, position, count) : -code;
}

function copyOnce(to: number, from: number, position: number, count: number): number {
  copy ??= allocate(1 << 16);
  const size = c.pread(from, copy.address, Math.min(count, copy.bytes.length), position);
  if (size <= 0) return size < 0 ? -errno() : 0;
  for (;;) {
    const n = c.write(to, copy.address, size);
    if (n >= 0) return n;
    const code = errno();
    if (code !== EINTR) return -code;
  }
}

/** Reads bytes at a position. The next call overwrites the result. @returns -errno on failure */
export function readAt(fd: number, position: number, count: number): Uint8Array | number {
  copy ??= allocate(1 << 16);
  const n = c.pread(fd, copy.address, Math.min(count, copy.bytes.length), position);
  return n < 0 ? -errno() : copy.bytes.subarray(0, n);
}

/** Frees the memory or disk space of the first `count` bytes; the file keeps its size. */
export function releaseUpTo(fd: number, count: number): void {
  c.fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, count);
}

export function emptyFile(fd: number): void {
  c.ftruncate(fd, 0);
}

/** Truncates to `count` bytes and seeks there. @returns the size */
export function cutFile(fd: number, count: number): number {
  c.ftruncate(fd, count);
  return sizeOf(fd);
}
