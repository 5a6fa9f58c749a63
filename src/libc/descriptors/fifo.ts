import { EINTR, SPLICE_F_NONBLOCK } from "../abi.ts";
import { errno } from "../calling/errno.ts";
import { type Libc, libc } from "../calling/load.ts";
import { allocateForGood, type Block, cString, scratch } from "../calling/memory.ts";

/** Bound on first use: most daemons write to their logs themselves. */
let bound: Libc<"mkfifoat" | "splice" | "tee"> | undefined;
const c = () => bound ??= libc("mkfifoat", "splice", "tee");

let offset: Block | undefined;

/** Makes a named pipe of this user's in an open directory; mkfifo(3). @returns 0, or -errno */
export function makeFifo(directory: number, name: string): number {
  return scratch(() => c().mkfifoat(directory, cString(name), 0o600) === 0 ? 0 : -errno());
}

/**
 * Moves bytes from a pipe into a file at a position, without waiting for the pipe; splice(2). Bytes leave the pipe only
 * once they are in the file, even if this process is killed meanwhile. The file must not be in append mode.
 * @returns how many; 0 when the pipe is empty and has no writer; -errno (-EAGAIN: it is empty)
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
 * Moves pending output from a non-blocking terminal into a pipe, waiting for neither. Some older kernels cannot
 * (-EINVAL).
 * @returns how many bytes; -errno (-EAGAIN: nothing pending, or the pipe is full; -EIO: it was hung up)
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
 * Copies a pipe's contents into another pipe without consuming them; tee(2). Waits for neither.
 * @returns how many bytes; 0 when it is empty and has no writer; -errno (-EAGAIN)
 */
export function copyPipe(from: number, to: number, count: number): number {
  for (;;) {
    const n = c().tee(from, to, count, SPLICE_F_NONBLOCK);
    if (n >= 0) return n;
    const code = errno();
    if (code !== EINTR) return -code;
  }
}
