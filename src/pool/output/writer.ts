import { PIPE_BUF } from "../../libc/abi_files.ts";
import {
  EAGAIN,
  EINTR,
  EPIPE,
  F_GETFL,
  F_SETPIPE_SZ,
  O_ACCMODE,
  O_NOCTTY,
  O_NONBLOCK,
  O_RDONLY,
  O_WRONLY,
} from "../../libc/abi.ts";
import { ImpError } from "../../base/errors.ts";
import { errno } from "../../libc/calling/errno.ts";
import { tryOpen } from "../../libc/descriptors/files.ts";
import { libc } from "../../libc/calling/load.ts";
import { allocate, type Block } from "../../libc/calling/memory.ts";
import { tryStatFd } from "../../libc/descriptors/stat.ts";
import { readAt, transfer } from "../../libc/descriptors/spool.ts";
import { outputError } from "./io_errors.ts";
import { endsLine, tagLines } from "./tag_lines.ts";

const c = libc("write", "fcntl");
/** What a blocking descriptor takes without blocking once poll(2) has reported it writable. */
const SAFE_CHUNK = PIPE_BUF;
const CHUNK = 1 << 20;
/** At most so many pieces of output wait for a slow reader before new jobs are held back. */
const BACKLOG = 64;

/** A part of a file that contains output. */
export interface Piece {
  readonly fd: number;
  readonly from: number;
  readonly to: number;
  readonly spooled?: boolean;
}

/** Output that belongs together, such as one job's: it should be written completely or not at all. */
export interface Whole {
  /** Some of it has been written. */
  begun: boolean;
  /** All of it is in the queue. */
  complete: boolean;
}

/**
 * An entry of the queue: bytes or a part of a file for stdout or stderr, or a mark that everything before it is
 * written. `optional` entries are dropped if they cannot be written.
 */
export type Outgoing =
  & { readonly of?: Whole }
  & (
    | { readonly target: 1 | 2; readonly piece: Piece } & Tagging
    | Bytes
    | { readonly done: () => void }
  );

interface Bytes {
  readonly target: 1 | 2;
  readonly bytes: Uint8Array;
  readonly optional?: boolean;
}

/** With `tag`: `continues` is set if the previous piece of the same output may have ended within a line. */
interface Tagging {
  readonly tag?: Uint8Array;
  readonly continues?: boolean;
}

/** `blocked`: a reader is slow; `gone`: nobody will read any more. */
export type Pumped = "idle" | "blocked" | "gone";

/** Writes or moves up to `count` bytes from `done` on. @returns how many, or -errno */
type Step = (fd: number, done: number, count: number) => number;

interface Progress {
  written: number;
}

interface Target {
  readonly fd: number;
  readonly chunk: number;
  readonly name: string;
}

/**
 * Writes to stdout and stderr in the given order and never blocks: a slow reader must not keep imp from handling
 * signals, timeouts and ended jobs.
 */
export class OutputWriter {
  private readonly queue: Outgoing[] = [];
  private front = 0;
  written = 0;
  private readonly targets: (Target | undefined)[] = [];
  private buffer: Block | undefined;
  /** The block of tagged output in progress, and whether the one before ended within a line. */
  private tagged: Progress & { bytes: Uint8Array; of: number } | undefined;
  private lineBegun = false;
  private sealed = false;
  /** Which of 1 and 2 it waits for. */
  blockedOn: 1 | 2 = 1;
  /** Total bytes written. */
  gone = 0;

  get pending(): number {
    return this.queue.length - this.front;
  }

  /** Whether readers are so slow that nothing new should begin. */
  get congested(): boolean {
    return this.pending > BACKLOG;
  }

  push(outgoing: Outgoing): void {
    if (!this.sealed) this.queue.push(outgoing);
  }

  /** Accepts nothing more and drops what waits, except partly written output that is complete: it is finished. */
  seal(): void {
    this.sealed = true;
    const [first, ...others] = this.queue.slice(this.front);
    const halfway = this.written > 0 || this.tagged !== undefined;
    this.clear();
    if (first && (halfway || isToFinish(first))) this.queue.push(first);
    this.queue.push(...others.filter(isToFinish));
  }

  /** Writes what can be written now. @throws ImpError, for example ENOSPC */
  pump(): Pumped {
    while (this.front < this.queue.length) {
      const next = this.queue[this.front];
      if ("done" in next) next.done();
      else {
        const before = this.gone;
        const state = "optional" in next && next.optional
          ? this.tryToWrite(next)
          : this.write(next);
        if (next.of && this.gone > before) next.of.begun = true;
        if (state !== "idle") return state;
      }
      this.queue[this.front++] = NOTHING;
      this.written = 0;
      if (this.front === this.queue.length) this.clear();
    }
    return "idle";
  }

  private clear(): void {
    this.queue.length = 0;
    this.front = 0;
  }

  private tryToWrite(next: Bytes): Pumped {
    try {
      return this.write(next) === "blocked" ? "blocked" : "idle";
    } catch (error) {
      if (error instanceof ImpError) return "idle";
      throw error;
    }
  }

  private write(next: Exclude<Outgoing, { done: () => void }>): Pumped {
    if ("piece" in next && next.tag) {
      if (this.written === 0 && !this.tagged && !next.continues) this.lineBegun = false;
      return this.writeTagged(next.target, next.piece, next.tag);
    }
    const size = "bytes" in next ? next.bytes.length : next.piece.to - next.piece.from;
    return this.drive(
      next.target,
      size,
      (fd, done, count) =>
        "bytes" in next
          ? this.writeBytes(fd, next.bytes.subarray(done, done + count))
          : transfer(fd, next.piece.fd, next.piece.from + done, count),
    );
  }

  /** Calls `step` until `size` bytes of the queue's first entry are written. */
  private drive(to: 1 | 2, size: number, step: Step, progress: Progress = this): Pumped {
    const target = this.targets[to] ??= openTarget(to);
    while (progress.written < size) {
      const n = step(target.fd, progress.written, Math.min(size - progress.written, target.chunk));
      if (n > 0) {
        progress.written += n;
        this.gone += n;
      } else if (n === 0) return "idle";
      else if (n === -EPIPE) return "gone";
      else if (n === -EAGAIN) return this.blocked(to);
      else if (n !== -EINTR) throw outputError(-n, target.name);
      if (target.chunk === SAFE_CHUNK && progress.written < size) return this.blocked(to);
    }
    return "idle";
  }

  private blocked(on: 1 | 2): Pumped {
    this.blockedOn = on;
    return "blocked";
  }

  /** Tagged output passes through imp, block by block. `written` counts bytes of the piece. */
  private writeTagged(to: 1 | 2, piece: Piece, tag: Uint8Array): Pumped {
    for (;;) {
      if (!this.tagged) {
        const position = piece.from + this.written;
        const block = readAt(piece.fd, position, Math.min(piece.to - position, 1 << 16));
        if (typeof block === "number") throw outputError(-block, "a temporary file");
        if (block.length === 0) return "idle";
        this.tagged = { bytes: tagLines(block, tag, this.lineBegun), of: block.length, written: 0 };
        this.lineBegun = !endsLine(block);
      }
      const { bytes } = this.tagged;
      const step: Step = (fd, done, count) =>
        this.writeBytes(fd, bytes.subarray(done, done + count));
      const state = this.drive(to, bytes.length, step, this.tagged);
      if (state !== "idle") return state;
      this.written += this.tagged.of;
      this.tagged = undefined;
    }
  }

  private writeBytes(fd: number, bytes: Uint8Array): number {
    this.buffer ??= allocate(1 << 16);
    const part = bytes.subarray(0, this.buffer.bytes.length);
    this.buffer.bytes.set(part);
    const n = c.write(fd, this.buffer.address, part.length);
    return n >= 0 ? n : -errno();
  }
}

function isToFinish({ of }: Outgoing): boolean {
  return of !== undefined && of.begun && of.complete;
}

const NOTHING: Outgoing = { done: () => {} };

/**
 * O_NONBLOCK belongs to the open file description, which imp shares with its caller's other programs; so pipes and
 * terminals are reopened through /proc. Files never block.
 */
function openTarget(fd: 1 | 2): Target {
  const name = fd === 1 ? "standard output" : "standard error";
  const kind = tryStatFd(fd)?.kind ?? "unknown";
  if (kind === "file" || kind === "block") return { fd, chunk: CHUNK, name };
  // Reopening could make a read-only descriptor writable.
  const writable = (c.fcntl(fd, F_GETFL, 0) & O_ACCMODE) !== O_RDONLY;
  if (writable && (kind === "fifo" || kind === "char")) {
    const own = tryOpen(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
    if (own >= 0) {
      // Fewer iterations for large output; if the system allows less, it stays as it is.
      if (kind === "fifo") c.fcntl(own, F_SETPIPE_SZ, CHUNK);
      return { fd: own, chunk: CHUNK, name };
    }
  }
  return { fd, chunk: SAFE_CHUNK, name };
}
