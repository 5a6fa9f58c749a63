import type { Capture, Captures } from "./capture.ts";
import type { Spool } from "./spool.ts";
import { type Piece, Writer } from "./writer.ts";

/** More finished jobs than this may not wait for their turn with their memory files open; the others go to disk. */
const MOST_OPEN = 16;
/** Nor with more than this in memory. */
const MOST_HELD = 32 << 20;

/** What a finished job has to say. */
export interface Output {
  readonly order: number;
  readonly capture?: Capture;
  /** Only the record is printed. */
  readonly silent: boolean;
  /** Written before each line of output. */
  readonly tag?: Uint8Array;
  /** Goes to stdout after it. */
  readonly record?: Uint8Array;
}

/** Output that is ready to be written, and what to do when it has been. */
interface Ready {
  readonly out: readonly Piece[];
  readonly err: readonly Piece[];
  readonly tag?: Uint8Array;
  readonly record?: Uint8Array;
  readonly release?: () => void;
}

/** Prints what jobs wrote, whole and one after another, at once or in order of submission. */
export class Printer {
  readonly writer = new Writer();
  /** Jobs whose turn has not come; null for one that has nothing to say, of which there may be a million. */
  private readonly waiting = new Map<number, Ready | null>();
  private next = 1;
  private open = 0;
  private heldBytes = 0;

  constructor(
    private readonly captures: Captures,
    private readonly spool: Spool,
    private readonly inOrder: boolean,
  ) {}

  /** Takes over what a job has written. With order, each number must come exactly once. */
  finished(output: Output): void {
    const turn = !this.inOrder || output.order === this.next;
    const ready = this.prepare(output);
    if (!turn) {
      this.waiting.set(output.order, ready);
      return;
    }
    this.print(ready);
    if (this.inOrder) this.advance();
  }

  private advance(): void {
    for (;;) {
      const ready = this.waiting.get(++this.next);
      if (ready === undefined) return;
      this.waiting.delete(this.next);
      this.print(ready);
    }
  }

  private prepare({ capture, silent, tag, record }: Output): Ready | null {
    const size = capture && !silent ? capture.out.size + capture.err.size : 0;
    if (!capture || size === 0) {
      if (capture) this.captures.giveBack(capture);
      return record ? { out: [], err: [], record } : null;
    }
    if (this.open >= MOST_OPEN || this.heldBytes + size > MOST_HELD) {
      return this.store(capture, tag, record);
    }
    this.open++;
    this.heldBytes += size;
    const release = () => {
      this.open--;
      this.heldBytes -= size;
      this.captures.giveBack(capture);
    };
    return { out: capture.out.pieces(), err: capture.err.pieces(), tag, record, release };
  }

  /** To disk; its descriptors are free again. */
  private store(
    capture: Capture,
    tag: Uint8Array | undefined,
    record: Uint8Array | undefined,
  ): Ready {
    const out = capture.out.detach(this.spool);
    const err = capture.err.detach(this.spool);
    this.captures.giveBack(capture);
    const release = () => {
      for (const piece of [...out, ...err]) this.spool.drop(piece);
    };
    return { out, err, tag, record, release };
  }

  private print(ready: Ready | null): void {
    if (!ready) return;
    const { out, err, tag, record, release } = ready;
    out.forEach((piece, i) => this.writer.push({ target: 1, piece, tag, continues: i > 0 }));
    err.forEach((piece, i) => this.writer.push({ target: 2, piece, tag, continues: i > 0 }));
    if (record) this.writer.push({ target: 1, bytes: record });
    if (release) this.writer.push({ done: release });
  }
}
