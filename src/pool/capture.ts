import { closeFile, moveUp } from "../libc/files.ts";
import { createMemoryFile, emptyFile, releaseUpTo, sizeOf } from "../libc/spool.ts";
import type { Spool } from "./spool.ts";
import type { Piece } from "./writer.ts";

/** Descriptor 17 belongs to libc/child_wakeup.ts, and 0-2 are the caller's. */
const LOWEST_DESCRIPTOR = 20;
/** Unused pairs that are kept for the next jobs. */
const MOST_FREE = 16;

/** One stream of one job: a memory file, and what of it has gone to the spool already. */
export class Stream {
  private readonly spooled: Piece[] = [];
  private moved = 0;
  /** Of a job that has ended. */
  private final = -1;

  constructor(readonly fd: number) {}

  get size(): number {
    return this.final >= 0 ? this.final : sizeOf(this.fd);
  }

  /** The job has ended: what others may still write is not its output. */
  close(): void {
    this.final = sizeOf(this.fd);
  }

  /** Bytes that take memory. */
  get held(): number {
    return this.size - this.moved;
  }

  /** Moves what is there to disk; the job may go on writing. */
  moveTo(spool: Spool): void {
    const size = this.size;
    if (size <= this.moved) return;
    this.spooled.push(spool.take(this.fd, this.moved, size - this.moved));
    releaseUpTo(this.fd, size);
    this.moved = size;
  }

  /** Everything that was written up to now, in order. */
  pieces(): Piece[] {
    const size = this.size;
    const rest = size > this.moved ? [{ fd: this.fd, from: this.moved, to: size }] : [];
    return [...this.spooled, ...rest];
  }

  /** Everything as pieces of the spool, which are the caller's from now on; the stream is empty again. */
  detach(spool: Spool): Piece[] {
    this.moveTo(spool);
    const pieces = this.spooled.splice(0);
    this.reset(spool);
    return pieces;
  }

  /** Forgets everything, for a new job or a new attempt. */
  reset(spool: Spool): void {
    for (const piece of this.spooled) spool.drop(piece);
    this.spooled.length = 0;
    if (this.moved > 0 || this.size > 0) emptyFile(this.fd);
    this.moved = 0;
    this.final = -1;
  }
}

/** The two streams of a job. */
export interface Capture {
  readonly out: Stream;
  readonly err: Stream;
}

/**
 * Captures for jobs. Making and closing two memory files costs as much as half a start, so they are used again when the
 * caller has made sure that no process holds them any more.
 */
export class Captures {
  private readonly free: Capture[] = [];
  /** Pairs in use and unused ones. */
  count = 0;

  constructor(private readonly spool: Spool) {}

  take(): Capture {
    const known = this.free.pop();
    if (known) return known;
    this.count++;
    return { out: newStream(), err: newStream() };
  }

  /** @param exclusive no other process has them open */
  giveBack(capture: Capture, exclusive: boolean): void {
    capture.out.reset(this.spool);
    capture.err.reset(this.spool);
    if (exclusive && this.free.length < MOST_FREE) this.free.push(capture);
    else {
      this.count--;
      closeFile(capture.out.fd);
      closeFile(capture.err.fd);
    }
  }
}

function newStream(): Stream {
  return new Stream(moveUp(createMemoryFile(), LOWEST_DESCRIPTOR));
}
