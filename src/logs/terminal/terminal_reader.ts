import { EAGAIN, EINVAL, EIO, O_NONBLOCK, O_RDONLY, O_WRONLY } from "../../libc/abi.ts";
import { O_NOFOLLOW } from "../../libc/machine.ts";
import { systemError } from "../../libc/calling/errno.ts";
import { copyPipe, moveToPipe } from "../../libc/descriptors/fifo.ts";
import { closeFile, moveUp, readSome, tryOpen } from "../../libc/descriptors/files.ts";
import { openPipe, unreadBytes, writeParts } from "../../libc/descriptors/pipe.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";

/** The capacity of a pipe. */
const AT_ONCE = 1 << 16;

/** A pipe for peeking at a log's pipe; otherwise empty. */
let peeking: [out: number, into: number] | undefined;

/**
 * A program's terminal output on its way to its log's pipe, which its keeper holds: bytes move within the kernel,
 * leaving the terminal as they enter the pipe; so no kill can come between.
 */
export class TerminalReader {
  private readonly ends: readonly [out: number, into: number] | undefined;
  /** If the kernel cannot move them: bytes read, and not in the pipe yet. */
  private held: Uint8Array | undefined;
  private canMove = true;

  /** @param pipe its path; undefined: there is no log. @throws ImpError if there is no such pipe */
  constructor(private readonly master: number, pipe: string | undefined) {
    this.ends = pipe === undefined ? undefined : [openEnd(pipe, O_RDONLY), openEnd(pipe, O_WRONLY)];
  }

  /** @returns new output; -errno: -EAGAIN if there is none, or its log takes nothing at the moment, -EIO */
  read(): Uint8Array | number {
    if (!this.ends) return readSome(this.master);
    if (!this.canMove) return this.copy(this.ends[1]);
    const [out, into] = this.ends;
    const before = unreadBytes(out);
    const n = moveToPipe(this.master, into, AT_ONCE);
    if (n === -EINVAL) {
      this.canMove = false;
      return this.copy(into);
    }
    if (n <= 0) return n === 0 ? -EIO : n;
    return look(out, before, n);
  }

  /** Bytes that its log has not taken yet. */
  get unread(): number {
    return this.ends ? unreadBytes(this.ends[0]) : 0;
  }

  close(): void {
    for (const fd of this.ends ?? []) closeFile(fd);
  }

  private copy(into: number): Uint8Array | number {
    let fresh: Uint8Array | undefined;
    if (this.held === undefined) {
      const bytes = readSome(this.master);
      if (typeof bytes === "number") return bytes;
      if (bytes.length === 0) return -EIO;
      this.held = fresh = bytes;
    }
    const n = writeParts(into, [this.held], 0);
    if (n > 0) this.held = n < this.held.length ? this.held.subarray(n) : undefined;
    return fresh ?? (n > 0 ? new Uint8Array(0) : -EAGAIN);
  }
}

/** What a pipe contains beyond its earlier content. */
function look(out: number, before: number, count: number): Uint8Array {
  peeking ??= openPipe(FLOOR.job);
  const found = new Uint8Array(count);
  const copied = copyPipe(out, peeking[1], before + count);
  for (let seen = 0; seen < copied;) {
    const bytes = readSome(peeking[0]);
    if (typeof bytes === "number" || bytes.length === 0) break;
    const skipped = Math.min(bytes.length, Math.max(0, before - seen));
    found.set(bytes.subarray(skipped), Math.max(0, seen - before));
    seen += bytes.length;
  }
  return found;
}

function openEnd(pipe: string, flags: number): number {
  const fd = tryOpen(pipe, flags | O_NONBLOCK | O_NOFOLLOW);
  if (fd < 0) throw systemError(-fd, "open", pipe);
  return moveUp(fd, FLOOR.job);
}
