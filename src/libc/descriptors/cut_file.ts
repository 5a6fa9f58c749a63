import { EINTR, FALLOC_FL_COLLAPSE_RANGE } from "../abi.ts";
import { errno } from "../calling/errno.ts";
import { type Libc, libc } from "../calling/load.ts";
import { allocateForGood, type Block } from "../calling/memory.ts";

/** Bound on first use: most daemons have logs that are never cut. */
let bound: Libc<"fallocate" | "fdatasync" | "pwrite"> | undefined;
const c = () => bound ??= libc("fallocate", "fdatasync", "pwrite");

const CHUNK = 1 << 16;
let block: Block | undefined;

/**
 * Removes the first bytes of a file, even while others write to it: what followed them moves to the beginning;
 * FALLOC_FL_COLLAPSE_RANGE of fallocate(2). `count` must be whole blocks, and less than the whole file.
 * @returns 0, or -errno (-EOPNOTSUPP: the file system cannot)
 */
export function collapseHead(fd: number, count: number): number {
  return allocateRange(fd, FALLOC_FL_COLLAPSE_RANGE, count);
}

/** Extends a file to at least this size, with blocks that read as zeros. @returns 0, or -errno */
export function growTo(fd: number, count: number): number {
  return allocateRange(fd, 0, count);
}

function allocateRange(fd: number, mode: number, count: number): number {
  for (;;) {
    if (c().fallocate(fd, mode, 0, count) === 0) return 0;
    const code = errno();
    if (code !== EINTR) return -code;
  }
}

/** Waits until the file's data is on disk; fdatasync(2). @returns 0, or -errno */
export function syncFile(fd: number): number {
  return c().fdatasync(fd) === 0 ? 0 : -errno();
}

/** Writes at a position; not for files in append mode. @returns how many bytes, which may be less; -errno */
export function writeAt(fd: number, position: number, bytes: Uint8Array): number {
  block ??= allocateForGood(CHUNK);
  const part = bytes.subarray(0, CHUNK);
  block.bytes.set(part);
  for (;;) {
    const n = c().pwrite(fd, block.address, part.length, position);
    if (n >= 0) return n;
    const code = errno();
    if (code !== EINTR) return -code;
  }
}
