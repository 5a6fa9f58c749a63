import { HEADER_BYTES, writeHeader } from "./frames.ts";

/** Frames are gathered in pieces of this size, so that many small ones go with one write. */
const PIECE_BYTES = 1 << 16;
/** Larger ones are not copied. */
const LARGE_BYTES = 1 << 14;

/** Frames that wait to be written, in order. */
export class Outbox {
  /** Full pieces, and large frames as they are. */
  private pieces: Uint8Array[] = [];
  /** How much of the first piece is written. */
  private written = 0;
  private tail = new Uint8Array(PIECE_BYTES);
  private tailSize = 0;
  /** Bytes that wait. */
  size = 0;

  /** @param write takes bytes and tells how many of them it took; -1: nobody will read them */
  constructor(private readonly write: (bytes: Uint8Array) => number) {}

  add(bytes: Uint8Array, fds: number): void {
    this.room(HEADER_BYTES);
    writeHeader(this.tail, this.tailSize, bytes.length, fds);
    this.tailSize += HEADER_BYTES;
    this.size += HEADER_BYTES + bytes.length;
    if (bytes.length >= LARGE_BYTES) {
      this.cut();
      this.pieces.push(bytes);
      return;
    }
    this.room(bytes.length);
    this.tail.set(bytes, this.tailSize);
    this.tailSize += bytes.length;
  }

  /** Writes as much as is taken. @returns whether nothing waits any more, or nobody would read it */
  flush(): boolean {
    while (this.size > 0) {
      const first = this.pieces[0] ?? this.tail.subarray(0, this.tailSize);
      const rest = this.written === 0 ? first : first.subarray(this.written);
      const n = this.write(rest);
      if (n < 0) {
        this.clear();
        return true;
      }
      this.size -= n;
      this.written += n;
      if (n < rest.length) return false;
      this.written = 0;
      if (this.pieces.length > 0) this.pieces.shift();
      else this.tailSize = 0;
    }
    return true;
  }

  clear(): void {
    this.pieces = [];
    this.written = this.tailSize = this.size = 0;
  }

  private room(bytes: number): void {
    if (this.tailSize + bytes > PIECE_BYTES) this.cut();
  }

  /** Makes a piece of what has been gathered. */
  private cut(): void {
    this.pieces.push(this.tail.subarray(0, this.tailSize));
    this.tail = new Uint8Array(PIECE_BYTES);
    this.tailSize = 0;
  }
}
