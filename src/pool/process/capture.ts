import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { closeFile, moveUp } from "../../libc/descriptors/files.ts";
import { createMemoryFile, emptyFile, releaseUpTo, sizeOf } from "../../libc/descriptors/spool.ts";
import type { Spool } from "./spool.ts";
import type { Piece } from "../output/writer.ts";

/** Unused pairs kept for the next jobs. */
const MOST_FREE = 16;
/** How many used pairs are checked together. */
const BATCH = 4;

/** One stream of one job: a memory file, and the part already moved to the spool. */
export class Stream {
  private readonly spooled: Piece[] = [];
  private moved = 0;
  /** Its size when the job ended. */
  private final = -1;

  constructor(readonly fd: number) {}

  get size(): number {
    return this.final >= 0 ? this.final : sizeOf(this.fd);
  }

  /** The job has ended: what other processes still write is not its output. */
  close(): void {
    this.final = sizeOf(this.fd);
  }

  /** Bytes in memory. */
  get held(): number {
    return this.size - this.moved;
  }

  /** Moves the current content to disk; the job may go on writing. */
  moveTo(spool: Spool): void {
    const size = this.size;
    if (size <= this.moved) return;
    this.spooled.push(spool.take(this.fd, this.moved, size - this.moved));
    releaseUpTo(this.fd, size);
    this.moved = size;
  }

  /** Everything written so far, in order. */
  pieces(): Piece[] {
    const size = this.size;
    const rest = size > this.moved ? [{ fd: this.fd, from: this.moved, to: size }] : [];
    return [...this.spooled, ...rest];
  }

  /** Everything as pieces of the spool, now the caller's; the stream is empty again. */
  detach(spool: Spool): Piece[] {
    this.moveTo(spool);
    const pieces = this.spooled.splice(0);
    this.reset(spool);
    return pieces;
  }

  /** Discards everything, for a new job or attempt. */
  reset(spool: Spool): void {
    if (this.spooled.length > 0) {
      for (const piece of this.spooled) spool.drop(piece);
      this.spooled.length = 0;
    }
    if (this.moved > 0 || this.size > 0) emptyFile(this.fd);
    this.moved = 0;
    this.final = -1;
  }

  /** For an ended job none of whose output is printed. */
  forget(spool: Spool): void {
    this.reset(spool);
    this.final = 0;
  }

  /** Discards what came after the end of its job, once nobody else has it open. */
  clean(): void {
    if (sizeOf(this.fd) > 0) emptyFile(this.fd);
  }
}

/** The two streams of a job. */
export interface Capture {
  readonly out: Stream;
  readonly err: Stream;
}

/**
 * Captures for jobs. Making and closing two memory files costs half as much as a start, so they are reused once no
 * process holds them any more.
 */
export class Captures {
  private readonly free: Capture[] = [];
  /** Returned, but a process left behind by their jobs may still write to them. */
  private readonly used: Capture[] = [];

  /** @param nobodyLeft whether only running jobs exist: asked for several captures at a time, because it takes time */
  constructor(private readonly spool: Spool, private readonly nobodyLeft: () => boolean) {}

  take(): Capture {
    if (this.free.length === 0 && this.used.length >= BATCH) this.sort();
    return this.free.pop() ?? this.make();
  }

  /** @throws ImpError (EMFILE); then no descriptor stays open */
  private make(): Capture {
    const made: Stream[] = [];
    try {
      for (let i = 0; i < 2; i++) made.push(newStream());
      return { out: made[0], err: made[1] };
    } catch (error) {
      for (const { fd } of made) closeFile(fd);
      this.sort();
      const used = this.free.pop();
      if (used) return used;
      throw error;
    }
  }

  giveBack(capture: Capture): void {
    capture.out.reset(this.spool);
    capture.err.reset(this.spool);
    if (this.used.length + this.free.length < MOST_FREE) this.used.push(capture);
    else discard(capture);
  }

  /** Descriptors have run out: keeps none for later. */
  shrink(): void {
    for (const capture of [...this.free.splice(0), ...this.used.splice(0)]) discard(capture);
  }

  private sort(): void {
    const clean = this.nobodyLeft();
    for (const capture of this.used) {
      if (clean) {
        capture.out.clean();
        capture.err.clean();
        this.free.push(capture);
      } else discard(capture);
    }
    this.used.length = 0;
  }
}

function discard({ out, err }: Capture): void {
  closeFile(out.fd);
  closeFile(err.fd);
}

function newStream(): Stream {
  return new Stream(moveUp(createMemoryFile(), FLOOR.job));
}
