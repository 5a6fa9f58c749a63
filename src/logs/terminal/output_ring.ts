// Pure: a terminal's latest output, for clients with their own positions in it.

const NEWLINE = 10;

/** The last bytes of a stream. Positions count all bytes ever written. */
export class OutputRing {
  private readonly bytes: Uint8Array;
  /** The position after the last byte. */
  end = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
  }

  /** The position of the oldest byte kept. */
  get begin(): number {
    return Math.max(0, this.end - this.bytes.length);
  }

  add(more: Uint8Array): void {
    const size = this.bytes.length;
    const part = more.subarray(Math.max(0, more.length - size));
    const at = (this.end + more.length - part.length) % size;
    const first = part.subarray(0, size - at);
    this.bytes.set(first, at);
    this.bytes.set(part.subarray(first.length), 0);
    this.end += more.length;
  }

  /** At most `count` bytes from an existing position; fewer if not contiguous. Valid until the next {@link add}. */
  from(position: number, count: number): Uint8Array {
    const size = this.bytes.length;
    const at = position % size;
    const length = Math.min(count, this.end - position, size - at);
    return this.bytes.subarray(at, at + Math.max(0, length));
  }

  /** Where the last `count` lines begin, counting an incomplete one; if there are fewer, the oldest complete line. */
  linesBefore(count: number): number {
    let found = 0, first = this.end;
    for (let position = this.end - 1; position >= this.begin; position--) {
      if (this.bytes[position % this.bytes.length] !== NEWLINE) continue;
      if (++found > count) return position + 1;
      first = position + 1;
    }
    return this.begin === 0 ? 0 : first;
  }
}
