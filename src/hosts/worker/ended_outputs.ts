import { Deque } from "../../base/deque.ts";
import { ImpError } from "../../base/errors.ts";
import { readAt } from "../../libc/descriptors/spool.ts";
import type { Capture, Captures } from "../../pool/process/capture.ts";
import type { Spool } from "../../pool/process/spool.ts";
import type { Piece } from "../../pool/output/writer.ts";
import type { FrameOutput } from "./frame_output.ts";

/** At most so many ended jobs wait with open memory files, or with so much in memory; the rest goes to disk. */
const MOST_OPEN = 16;
const MOST_HELD = 32 << 20;
/** If this many wait for a slow client, nothing new is started. */
const MOST_WAITING = 64;
const MOST_BYTES = 1 << 30;

/** An ended job, and its unsent output. */
interface Unsent {
  readonly job: number;
  readonly pieces: readonly (readonly [target: 1 | 2, piece: Piece])[];
  readonly size: number;
  readonly end: Uint8Array;
  readonly release: () => void;
}

/** Sends ended jobs' output, each whole and followed by how it ended; as fast as the client takes it. */
export class EndedOutputs {
  private readonly waiting = new Deque<Unsent>();
  private bytes = 0;
  private open = 0;
  private held = 0;
  /** The current piece of the first one. */
  private piece = 0;
  private at = 0;
  private full = false;

  constructor(
    private readonly output: FrameOutput,
    private readonly captures: Captures,
    private readonly spool: Spool,
    private readonly warn: (error: ImpError) => void,
  ) {}

  get isEmpty(): boolean {
    return this.waiting.size === 0;
  }

  /** Too much waits for new jobs to start. */
  get isStrained(): boolean {
    return this.waiting.size > MOST_WAITING || this.bytes > MOST_BYTES ||
      (this.full && this.isMuch(0));
  }

  /** @param end how it ended, as a frame @param wanted whether to send its output */
  add(job: number, capture: Capture | undefined, end: Uint8Array, wanted: boolean): void {
    const size = capture ? capture.out.size + capture.err.size : 0;
    if (!capture || size === 0 || !wanted) {
      if (capture) this.captures.giveBack(capture);
      this.output.push(end);
      return;
    }
    const { pieces, release } = this.keep(capture, size);
    this.bytes += size;
    this.waiting.push({ job, pieces, size, end, release });
    this.pump();
  }

  /** Passes on what the client takes now. */
  pump(): void {
    for (let first = this.waiting.first(); first; first = this.waiting.first()) {
      if (!this.send(first)) return;
      this.output.push(first.end);
      first.release();
      this.bytes -= first.size;
      this.piece = 0;
      this.waiting.shift();
    }
  }

  /** The client is gone. */
  drop(): void {
    for (const one of this.waiting.drain()) one.release();
    this.bytes = this.piece = this.at = 0;
  }

  /** @returns whether all of it was passed on */
  private send({ job, pieces }: Unsent): boolean {
    for (; this.piece < pieces.length; this.piece++, this.at = 0) {
      const [target, { fd, from, to }] = pieces[this.piece];
      while (from + this.at < to) {
        const { room } = this.output;
        if (room <= 0) return false;
        const bytes = readAt(fd, from + this.at, Math.min(room, to - from - this.at));
        if (typeof bytes === "number" || bytes.length === 0) break;
        this.output.output(job, target, bytes);
        this.at += bytes.length;
      }
    }
    return true;
  }

  private keep(capture: Capture, size: number): Pick<Unsent, "pieces" | "release"> {
    const { out, err } = capture;
    if (this.isMuch(size) && this.store(capture)) {
      const stored = [out.detach(this.spool), err.detach(this.spool)];
      this.captures.giveBack(capture);
      const release = () => stored.flat().forEach((piece) => this.spool.drop(piece));
      return { pieces: byTarget(stored[0], stored[1]), release };
    }
    this.open++;
    this.held += size;
    const release = () => {
      this.open--;
      this.held -= size;
      this.captures.giveBack(capture);
    };
    return { pieces: byTarget(out.pieces(), err.pieces()), release };
  }

  /** @returns false if there is no room on disk */
  private store({ out, err }: Capture): boolean {
    try {
      out.moveTo(this.spool);
      err.moveTo(this.spool);
      return true;
    } catch (error) {
      if (!(error instanceof ImpError)) throw error;
      this.full = true;
      this.warn(error);
      return false;
    }
  }

  private isMuch(more: number): boolean {
    return this.open >= MOST_OPEN || this.held + more > MOST_HELD;
  }
}

function byTarget(out: readonly Piece[], err: readonly Piece[]): Unsent["pieces"] {
  return [
    ...out.map((piece) => [1, piece] as const),
    ...err.map((piece) => [2, piece] as const),
  ];
}
