import { EINTR, SPLICE_F_NONBLOCK } from "../abi.ts";
import { errno } from "../calling/errno.ts";
import { type Libc, libc } from "../calling/load.ts";
import { allocateForGood, type Block, cString, scratch } from "../calling/memory.ts";

/** Bound when it is first needed: most daemons write to their logs themselves. */
let bound: Libc<"mkfifoat" | "splice" | "tee"> | undefined;
const c = () => bound ??= libc("mkfifoat", "splice", "tee");

let offset: Block | undefined;

/** Makes a named pipe in an open directory; mkfifo(3). @returns 0, or -errno */
export function makeFifo(directory: number, name: string, mode: number): number {
  return scratch(() => c().mkfifoat(directory, cString(name), mode) === 0 ? 0 : -errno());
}

/**
 * Moves bytes from a pipe into a file at a position, without waiting for the pipe; splice(2). Bytes are taken out of the pipe
 * when they stand in the file, also where this process is killed meanwhile. The file must not be in append mode.
 * @returns how many; 0 when nobody has the pipe open for writing and it is empty; -errno (-EAGAIN: it is empty)
 */
export function moveFromPipe(pipe: number, to: number, position: number, count: number): number {
  offset ??= allocateForGood(8);
  for (;;) {
    offset.view.setBigInt64(0, BigInt(position), true);
    const n = c().splice(pipe, 0, to, offset.address, count, SPLICE_F_NONBLOCK);
    if (n >= 0) return n;
    const code = errno();
    if (code !== EINTR) return -code;
  }
}

/**
 * Moves what there is from a non-blocking terminal into a pipe, without waiting for either. Kernels of some years cannot (-EINVAL).
 * @returns how many bytes; -errno (-EAGAIN: there are none, or the pipe is full; -EIO: it was hung up)
 */
export function moveToPipe(terminal: number, pipe: number, count: number): number {
  for (;;) {
    const n = c().splice(terminal, 0, pipe, 0, count, SPLICE_F_NONBLOCK);
    if (n >= 0) return n;
    const code = errno();
    if (code !== EINTR) return -code;
  }
}

/**
 * Copies what is in a pipe into another one and leaves it there; tee(2). Waits for neither.
 * @returns how many bytes; 0 when there are none and nobody has it open for writing; -errno (-EAGAIN)
 */
export function copyPipe(from: number, to: number, count: number): number {
  for (;;) {
    const n = c().tee(from, to, count, SPLICE_F_NONBLOCK);
    if (n >= 0) return n;
    const code = errno();
    if (code !== EINTR) return -code;
  }
}
