import { concat } from "../pool/bytes.ts";

/** Bytes written to the socket at once, if frames are small. */
const PIECE = 64 << 10;

/** Frames waiting for a socket of the runtime, which takes what it has room for: those of one turn go together. */
export class FrameBacklog {
  /** What the socket has not taken yet. */
  private rest: Uint8Array[] = [];

  /** @param write writes to the socket. @returns how many bytes it took; below 0: none */
  constructor(private readonly write: (bytes: Uint8Array) => number) {}

  get isEmpty(): boolean {
    return this.rest.length === 0;
  }

  push(frame: Uint8Array): void {
    this.rest.push(frame);
    if (this.rest.length === 1) queueMicrotask(() => this.drain());
  }

  /** The socket has room again. */
  drain(): void {
    while (this.rest.length > 0) {
      const first = this.piece();
      const sent = this.write(first);
      if (sent === first.length) continue;
      this.rest.unshift(sent < 0 ? first : first.subarray(sent));
      return;
    }
  }

  clear(): void {
    this.rest = [];
  }

  private piece(): Uint8Array {
    let count = 1, size = this.rest[0].length;
    while (count < this.rest.length && size + this.rest[count].length <= PIECE) {
      size += this.rest[count++].length;
    }
    const frames = this.rest.splice(0, count);
    return count === 1 ? frames[0] : concat(frames);
  }
}
