import { errno } from "../libc/errno.ts";
import { O_NOCTTY, O_NONBLOCK, O_RDONLY, O_WRONLY, tryOpen } from "../libc/files.ts";
import { libc } from "../libc/load.ts";
import { allocate, type Block } from "../libc/memory.ts";
import { tryStatFd } from "../libc/stat.ts";
import { readAt, transfer } from "../libc/spool.ts";
import { outputError } from "./io_errors.ts";

const c = libc("write", "fcntl");
const F_GETFL = 3;
const O_ACCMODE = 3;
const F_SETPIPE_SZ = 1031;
const EINTR = 4, EAGAIN = 11, EPIPE = 32;
/** What a blocking descriptor takes without blocking once poll(2) has called it writable: PIPE_BUF. */
const SAFE_CHUNK = 4096;
const CHUNK = 1 << 20;
/** So many pieces of output may wait for a slow reader before nothing new is begun. */
const BACKLOG = 64;

/** A part of a file that holds output. */
export interface Piece {
  readonly fd: number;
  readonly from: number;
  readonly to: number;
  readonly spooled?: boolean;
}

/** What goes out: to stdout or stderr, bytes or a part of a file; or a note that all before it has gone. */
export type Outgoing =
  | { readonly target: 1 | 2; readonly piece: Piece } & Tagging
  | { readonly target: 1 | 2; readonly bytes: Uint8Array }
  | { readonly done: () => void };

/** With `tag`, output that goes on where the piece before may have ended within a line `continues` it. */
interface Tagging {
  readonly tag?: Uint8Array;
  readonly continues?: boolean;
}

/** `blocked`: somebody reads slowly; `gone`: nobody will read any more. */
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
 * Writes to stdout and stderr in the order given, and never blocks: a slow reader must not keep imp from seeing signals,
 * timeouts and the ends of jobs.
 */
export class Writer {
  private readonly queue: Outgoing[] = [];
  private front = 0;
  written = 0;
  private readonly targets: (Target | undefined)[] = [];
  private buffer: Block | undefined;
  /** The block of tagged output that is on its way, and whether the one before ended within a line. */
  private tagged: Progress & { bytes: Uint8Array; of: number } | undefined;
  private lineBegun = false;
  /** Which of 1 and 2 it waits for. */
  blockedOn: 1 | 2 = 1;

  get pending(): number {
    return this.queue.length - this.front;
  }

  /** Whether readers are so slow that nothing new should be begun. */
  get congested(): boolean {
    return this.pending > BACKLOG;
  }

  push(outgoing: Outgoing): void {
    this.queue.push(outgoing);
  }

  /** Writes what can be written now. @throws ImpError, for example ENOSPC */
  pump(): Pumped {
    while (this.front < this.queue.length) {
      const next = this.queue[this.front];
      if ("done" in next) next.done();
      else {
        const state = this.write(next);
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

  /** Calls `step` until `size` bytes of the front of the queue have gone. */
  private drive(to: 1 | 2, size: number, step: Step, progress: Progress = this): Pumped {
    const target = this.targets[to] ??= openTarget(to);
    while (progress.written < size) {
      const n = step(target.fd, progress.written, Math.min(size - progress.written, target.chunk));
      if (n > 0) progress.written += n;
      else if (n === 0) return "idle";
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
        this.lineBegun = block[block.length - 1] !== NEWLINE;
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

const NEWLINE = 10;

/** A copy of `block` with `tag` before each line. @param begun the first line began in an earlier block */
function tagLines(block: Uint8Array, tag: Uint8Array, begun: boolean): Uint8Array {
  const last = block.length - 1;
  let lines = begun ? 0 : 1;
  for (let at = block.indexOf(NEWLINE); at >= 0 && at < last; at = block.indexOf(NEWLINE, at + 1)) {
    lines++;
  }
  const tagged = new Uint8Array(block.length + lines * tag.length);
  let to = 0;
  for (let from = 0; from <= last;) {
    if (from > 0 || !begun) {
      tagged.set(tag, to);
      to += tag.length;
    }
    const newline = block.indexOf(NEWLINE, from);
    const end = newline < 0 ? block.length : newline + 1;
    tagged.set(block.subarray(from, end), to);
    to += end - from;
    from = end;
  }
  return tagged;
}

const NOTHING: Outgoing = { done: () => {} };

/**
 * O_NONBLOCK belongs to the open file description, which imp shares with its caller's other programs; so pipes and
 * terminals are opened anew through /proc. Files never block.
 */
function openTarget(fd: 1 | 2): Target {
  const name = fd === 1 ? "standard output" : "standard error";
  const kind = tryStatFd(fd)?.kind ?? "unknown";
  if (kind === "file" || kind === "block") return { fd, chunk: CHUNK, name };
  // Opened anew, what may only be read could be written.
  const writable = (c.fcntl(fd, F_GETFL, 0) & O_ACCMODE) !== O_RDONLY;
  if (writable && (kind === "fifo" || kind === "char")) {
    const own = tryOpen(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
    if (own >= 0) {
      // Fewer turns for large outputs; where the system allows less, it stays as it is.
      if (kind === "fifo") c.fcntl(own, F_SETPIPE_SZ, CHUNK);
      return { fd: own, chunk: CHUNK, name };
    }
  }
  return { fd, chunk: SAFE_CHUNK, name };
}
