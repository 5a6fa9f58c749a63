import { EINTR, FIONREAD, O_CLOEXEC } from "../abi.ts";
import { errno, systemError } from "../calling/errno.ts";
import { moveUp } from "./files.ts";
import { type Libc, libc } from "../calling/load.ts";
import { allocate, allocateForGood, type Block, scratch } from "../calling/memory.ts";

/** The capacity of a pipe. */
const CHUNK = 1 << 16;

/** Bound on first use: those who only make a pipe need neither. */
let ioctl: Libc<"ioctl"> | undefined;
let write: Libc<"write"> | undefined;
let cell: Block | undefined;
let block: Block | undefined;

/**
 * A pipe, both ends close-on-exec; pipe2(2).
 * @param lowest the lowest number for both ends
 * @throws ImpError (EMFILE)
 */
export function openPipe(lowest: number): [readEnd: number, writeEnd: number] {
  return scratch(() => {
    const ends = allocate(8);
    if (libc("pipe2").pipe2(ends.address, O_CLOEXEC) < 0) {
      throw systemError(errno(), "make", "a pipe");
    }
    const end = (offset: number) => moveUp(ends.view.getInt32(offset, true), lowest);
    return [end(0), end(4)];
  });
}

/** Unread bytes in a pipe; works on the write end too, even without readers. */
export function unreadBytes(fd: number): number {
  cell ??= allocateForGood(8);
  cell.view.setInt32(0, 0, true);
  ioctl ??= libc("ioctl");
  return ioctl.ioctl(fd, FIONREAD, cell.address) < 0 ? 0 : cell.view.getInt32(0, true);
}

/**
 * Writes the parts in as few calls as possible, as long as the pipe takes them.
 * @param skip bytes of the first part already written
 * @returns how many bytes were written; -errno when none were
 */
export function writeParts(fd: number, parts: readonly Uint8Array[], skip: number): number {
  block ??= allocateForGood(CHUNK);
  let size = 0;
  for (let i = 0, from = skip; i < parts.length && size < CHUNK; i++, from = 0) {
    const part = parts[i];
    const count = Math.min(part.length - from, CHUNK - size);
    block.bytes.set(
      from === 0 && count === part.length ? part : part.subarray(from, from + count),
      size,
    );
    size += count;
  }
  write ??= libc("write");
  for (;;) {
    const n = write.write(fd, block.address, size);
    if (n >= 0) return n;
    const code = errno();
    if (code !== EINTR) return -code;
  }
}
