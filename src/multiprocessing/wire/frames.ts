import type { Encoded } from "./codec.ts";

/** Precedes each frame: how many bytes it has, and how many descriptors belong to it; two little-endian u32. */
export const HEADER_BYTES = 8;

export function writeHeader(target: Uint8Array, at: number, size: number, fds: number): void {
  putWord(target, at, size);
  putWord(target, at + 4, fds);
}

/** Reassembles frames from whatever parts the stream brings. */
export class FrameReader {
  /** The header of the current frame, as far as received. */
  private readonly header = new Uint8Array(HEADER_BYTES);
  private headerSize = 0;
  /** Its bytes, once the header has said how many. */
  private body: Uint8Array<ArrayBuffer> | undefined;
  private bodySize = 0;
  /** How many bytes have been received. */
  taken = 0;

  constructor(private readonly frame: (bytes: Uint8Array<ArrayBuffer>, fds: number) => void) {}

  /** Takes received bytes. The caller must not reuse their memory: frames are parts of it. */
  push(chunk: Uint8Array): void {
    let at = 0;
    this.taken += chunk.length;
    while (at < chunk.length) {
      const whole = this.headerSize === 0 && this.wholeFrame(chunk, at);
      at = whole ? whole : this.takePart(chunk, at);
    }
  }

  /**
   * The common case: a frame that lies completely in the chunk. @returns where the next one begins; 0 if it does not
   */
  private wholeFrame(chunk: Uint8Array, at: number): number {
    const start = at + HEADER_BYTES;
    if (start > chunk.length) return 0;
    const end = start + word(chunk, at);
    if (end > chunk.length) return 0;
    const bytes = new Uint8Array(
      chunk.buffer as ArrayBuffer,
      chunk.byteOffset + start,
      end - start,
    );
    this.frame(bytes, word(chunk, at + 4));
    return end;
  }

  private takePart(chunk: Uint8Array, at: number): number {
    if (this.headerSize < HEADER_BYTES) {
      const n = Math.min(HEADER_BYTES - this.headerSize, chunk.length - at);
      this.header.set(chunk.subarray(at, at + n), this.headerSize);
      this.headerSize += n;
      at += n;
      if (this.headerSize < HEADER_BYTES) return at;
      this.body = new Uint8Array(word(this.header, 0));
      this.bodySize = 0;
    }
    const body = this.body!;
    const n = Math.min(body.length - this.bodySize, chunk.length - at);
    body.set(chunk.subarray(at, at + n), this.bodySize);
    this.bodySize += n;
    if (this.bodySize === body.length) {
      this.headerSize = 0;
      this.body = undefined;
      this.frame(body, word(this.header, 4));
    }
    return at + n;
  }
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 | bytes[at + 3] << 24) >>> 0;
}

function putWord(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

/** Frames are gathered in pieces of this size, so that many small ones go with one write. */
const PIECE_BYTES = 1 << 16;
/** Larger ones are not copied. */
const LARGE_BYTES = 1 << 14;

/** A message, and how many descriptors belong to it. */
export interface OutgoingMessage extends Encoded {
  readonly count: number;
}

/** Frames waiting to be written, in order. */
export class Outbox {
  /** Full pieces, and large frames as they are. */
  private pieces: Uint8Array[] = [];
  /** How much of the first piece is written. */
  private written = 0;
  private tail = new Uint8Array(PIECE_BYTES);
  private tailSize = 0;
  /** Bytes waiting. */
  size = 0;

  /** @param write returns how many of the bytes it took; -1: nobody will read them */
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

  /** Writes as much as is accepted. @returns whether nothing is left waiting, or nobody would read it */
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
