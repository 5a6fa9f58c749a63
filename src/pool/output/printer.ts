import { ImpError } from "../../base/errors.ts";
import type { Capture, Captures } from "../process/capture.ts";
import type { Spool } from "../process/spool.ts";
import { InTurn } from "./in_turn.ts";
import { OutputWriter, type Piece, type Whole } from "./writer.ts";

/** At most so many finished jobs wait for their turn with open memory files; the others' output goes to disk. */
const MOST_OPEN = 16;
/** At most so much of it waits in memory. */
const MOST_HELD = 32 << 20;

/** A finished job's output. */
export interface Output {
  readonly seq: number;
  readonly order: number;
  readonly capture?: Capture;
  /** Only the record is printed. */
  readonly silent: boolean;
  /** Written before each line of output. */
  readonly tag?: Uint8Array;
  /** Output passed to the writer while the job ran, and complete when it ended. */
  readonly streamed?: Whole;
  /** Follows it on stdout. */
  readonly record?: Uint8Array;
  /** imp's message about it on stderr, last of all. */
  readonly message?: Uint8Array;
  /** Goes to the job log only once everything else is written. */
  readonly row?: Uint8Array;
  /** Called when all of it is written and recorded. */
  readonly printed?: () => void;
}

/** Output ready to be written, and what to do afterwards. */
interface Ready {
  readonly seq: number;
  readonly out?: readonly Piece[];
  readonly err?: readonly Piece[];
  readonly tag?: Uint8Array;
  readonly whole?: Whole;
  readonly record?: Uint8Array;
  readonly message?: Uint8Array;
  readonly row?: Uint8Array;
  readonly printed?: () => void;
  readonly release?: () => void;
}

/** Prints each job's output as a whole, at once or in order of submission. */
export class Printer {
  readonly writer = new OutputWriter();
  /** With order; null for a job that has nothing to say, of which there may be a million. */
  private readonly inTurn: InTurn<Ready | null> | undefined;
  private open = 0;
  private heldBytes = 0;
  /** Numbers of ended jobs whose output is not completely written. */
  private readonly owing = new Set<number>();
  /** Why finished jobs' output could not go to disk. */
  private noRoom: ImpError | undefined;

  constructor(
    private readonly captures: Captures,
    private readonly spool: Spool,
    inOrder: boolean,
    private readonly warnOnce: (error: ImpError, then: string) => void,
    private readonly settle: (seq: number, row: Uint8Array) => void,
  ) {
    if (inOrder) this.inTurn = new InTurn((ready) => this.print(ready));
  }

  /** Whether so much output is in memory, for lack of disk space, that no further job may begin. */
  get strained(): boolean {
    return this.noRoom !== undefined && this.isMuch(0);
  }

  /** Ended jobs whose output is not, or only partly, written. */
  get unprinted(): readonly number[] {
    return [...this.owing].sort((a, b) => a - b);
  }

  /** Takes over a job's output. If ordered, each number must come exactly once. */
  finished(output: Output): void {
    const { inTurn } = this;
    const ready = this.prepare(output);
    if (inTurn && !inTurn.isTurnOf(output.order)) return inTurn.hold(output.order, ready);
    this.print(ready);
    inTurn?.advance();
  }

  /** No earlier jobs will come any more: prints everything in order. */
  flush(): void {
    this.inTurn?.finish();
  }

  private prepare(output: Output): Ready | null {
    const { seq, capture, silent, streamed, tag, record, message, row, printed } = output;
    const size = capture && !silent ? capture.out.size + capture.err.size : 0;
    if (!capture || size === 0) {
      if (capture) this.captures.giveBack(capture);
      return this.withoutCapture({ seq, whole: streamed, record, message, row, printed });
    }
    this.owing.add(seq);
    const rest = { seq, tag, record, message, row, printed };
    const stored = this.isMuch(size) ? this.store(capture) : undefined;
    if (stored) return { ...rest, ...stored };
    this.open++;
    this.heldBytes += size;
    const release = () => {
      this.open--;
      this.heldBytes -= size;
      this.captures.giveBack(capture);
    };
    return { ...rest, out: capture.out.pieces(), err: capture.err.pieces(), release };
  }

  private withoutCapture(ready: Ready): Ready | null {
    const { seq, whole, record, message, row, printed } = ready;
    if (whole || record) {
      this.owing.add(seq);
      return ready;
    }
    // There is no output to wait for, so its row need not wait for its turn.
    if (row) this.settle(seq, row);
    printed?.();
    return message ? { seq, message } : null;
  }

  private isMuch(more: number): boolean {
    return this.open >= MOST_OPEN || this.heldBytes + more > MOST_HELD;
  }

  /** Moves it to disk and frees its descriptors. @returns undefined if there is no room */
  private store({ out, err }: Capture): Pick<Ready, "out" | "err" | "release"> | undefined {
    try {
      out.moveTo(this.spool);
      err.moveTo(this.spool);
    } catch (error) {
      if (!(error instanceof ImpError)) throw error;
      this.noRoom = error;
      this.warnOnce(error, "no job is started until earlier output has been printed");
      return undefined;
    }
    const pieces = [out.detach(this.spool), err.detach(this.spool)];
    this.captures.giveBack({ out, err });
    const release = () => {
      for (const piece of pieces.flat()) this.spool.drop(piece);
    };
    return { out: pieces[0], err: pieces[1], release };
  }

  private print(ready: Ready | null): void {
    if (!ready) return;
    const { seq, out = [], err = [], tag, record, message, row, printed, release } = ready;
    const of = ready.whole ?? { begun: false, complete: true };
    out.forEach((piece, i) => this.writer.push({ target: 1, piece, tag, continues: i > 0, of }));
    err.forEach((piece, i) => this.writer.push({ target: 2, piece, tag, continues: i > 0, of }));
    if (record) this.writer.push({ target: 1, bytes: record, of });
    if (message) this.writer.push({ target: 2, bytes: message, optional: true, of });
    const done = () => {
      this.owing.delete(seq);
      release?.();
      if (row) this.settle(seq, row);
      printed?.();
    };
    this.writer.push({ done, of });
    of.complete = true;
  }
}
