import { EAGAIN, EINTR, F_SETFL, O_NONBLOCK } from "../../libc/abi.ts";
import { ImpError } from "../../base/errors.ts";
import { errno } from "../../libc/calling/errno.ts";
import { libc } from "../../libc/calling/load.ts";
import { allocate, type Block } from "../../libc/calling/memory.ts";
import { closeFile, readSome } from "../../libc/descriptors/files.ts";
import { openPipe, unreadBytes } from "../../libc/descriptors/pipe.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import type { JobDescriptors } from "../starter.ts";

const c = libc("fcntl", "write");
/** What a pipe holds. */
const CHUNK = 1 << 16;

/** The way to one worker and back. Nothing blocks. */
export interface WorkerTransport {
  /** What to wait for. */
  readonly pipes: WorkerPipes;
  /** Takes what is to be sent; {@link send} sends it. */
  queue(bytes: Uint8Array): void;
  /** Whether something was queued that has not been sent. */
  readonly hasUnsent: boolean;
  /** `blocked`: it takes no more now; `gone`: it does not read any more. */
  send(): "sent" | "blocked" | "gone";
  /** Nothing more comes: the worker sees the end of its input. */
  closeInput(): void;
  readonly inputClosed: boolean;
  /** Bytes of what was queued that the worker has not read: by them it is known which record it has begun. */
  unread(): number;
  /** It has ended: what others may still read of its input changes nothing. */
  settleUnread(): void;
  /** What it has written; empty at the end, undefined when there is nothing now. */
  read(): Uint8Array | undefined;
  /** Whether it has written something that was not read. */
  readonly hasSpoken: boolean;
  /** What it had written when it ended. Somebody who inherited its output may go on writing: that is not read. */
  drain(): Iterable<Uint8Array>;
  close(): void;
}

/** imp's ends of a worker's three pipes. */
export interface WorkerPipes {
  readonly stdin: number;
  readonly stdout: number;
  readonly stderr: number;
}

/** A worker on this machine, by its stdin and stdout. */
export class PipeTransport implements WorkerTransport {
  private stdin: number;
  private readonly parts: Uint8Array[] = [];
  /** Bytes of the first part that have gone. */
  private skip = 0;
  private finalUnread: number | undefined;

  constructor(readonly pipes: WorkerPipes) {
    this.stdin = pipes.stdin;
  }

  queue(bytes: Uint8Array): void {
    this.parts.push(bytes);
  }

  get hasUnsent(): boolean {
    return this.parts.length > 0;
  }

  send(): "sent" | "blocked" | "gone" {
    while (this.parts.length > 0) {
      const n = this.stdin < 0 ? -1 : writeParts(this.stdin, this.parts, this.skip);
      if (n < 0) return n === -EAGAIN ? "blocked" : "gone";
      this.advance(n);
    }
    return "sent";
  }

  closeInput(): void {
    if (this.stdin < 0) return;
    this.finalUnread = this.unread();
    closeFile(this.stdin);
    this.stdin = -1;
  }

  get inputClosed(): boolean {
    return this.stdin < 0;
  }

  settleUnread(): void {
    this.finalUnread ??= this.unread();
  }

  unread(): number {
    if (this.finalUnread !== undefined) return this.finalUnread;
    let bytes = unreadBytes(this.stdin) - this.skip;
    for (const { length } of this.parts) bytes += length;
    return bytes;
  }

  read(): Uint8Array | undefined {
    const chunk = readSome(this.pipes.stdout);
    return typeof chunk === "number" ? undefined : chunk;
  }

  get hasSpoken(): boolean {
    return unreadBytes(this.pipes.stdout) > 0;
  }

  *drain(): Iterable<Uint8Array> {
    for (let left = unreadBytes(this.pipes.stdout); left > 0;) {
      const chunk = this.read();
      if (!chunk || chunk.length === 0) return;
      yield chunk;
      left -= chunk.length;
    }
  }

  close(): void {
    this.closeInput();
    closeFile(this.pipes.stdout);
    closeFile(this.pipes.stderr);
  }

  private advance(n: number): void {
    let done = this.skip + n;
    let whole = 0;
    while (whole < this.parts.length && done >= this.parts[whole].length) {
      done -= this.parts[whole++].length;
    }
    this.parts.splice(0, whole);
    this.skip = done;
  }
}

/** The three pipes of a worker, close-on-exec; an error when no more descriptors are to be had now. */
export function makeWorkerPipes(): { own: WorkerPipes; others: JobDescriptors } | ImpError {
  const made: WorkerPipe[] = [];
  try {
    for (const own of ["write", "read", "read"] as const) made.push(makeWorkerPipe(own));
  } catch (error) {
    for (const { own, other } of made) [own, other].forEach(closeFile);
    if (error instanceof ImpError) return error;
    throw error;
  }
  const [stdin, stdout, stderr] = made;
  return {
    own: { stdin: stdin.own, stdout: stdout.own, stderr: stderr.own },
    others: { input: stdin.other, out: stdout.other, err: stderr.other },
  };
}

/** Both ends of a pipe. */
export interface WorkerPipe {
  /** The end that stays here: it never blocks. */
  readonly own: number;
  readonly other: number;
}

/** @param own which end stays here @throws ImpError, for example EMFILE */
export function makeWorkerPipe(own: "read" | "write"): WorkerPipe {
  const [readEnd, writeEnd] = openPipe(FLOOR.job);
  const ends = own === "read"
    ? { own: readEnd, other: writeEnd }
    : { own: writeEnd, other: readEnd };
  c.fcntl(ends.own, F_SETFL, O_NONBLOCK);
  return ends;
}

let block: Block | undefined;

/**
 * Writes the parts one after another with as few calls as possible, as long as the pipe takes them.
 * @param skip bytes of the first part that have gone already
 * @returns how many bytes went; -errno when none did
 */
function writeParts(fd: number, parts: readonly Uint8Array[], skip: number): number {
  block ??= allocate(CHUNK);
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
  for (;;) {
    const n = c.write(fd, block.address, size);
    if (n >= 0) return n;
    const code = errno();
    if (code !== EINTR) return -code;
  }
}
