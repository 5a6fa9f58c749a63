/**
 * Messages from one process to another in memory that both share, without a call of the kernel for each. What is in the ring
 * is there, whatever becomes of the process that wrote it: a message counts from the moment on in which its end is announced.
 *
 * Words: where the next message will end, where the next one begins (both count on beyond the size), whether the reader wants
 * to be told. Each has a cache line of its own. A message is its size and its kind, a mark, and its bytes, up to a multiple of
 * four.
 */
const TAIL = 0, HEAD = 16, WISH = 32;
const DATA_AT = 192;
const DATA_BYTES = 1 << 16;
const HEADER_BYTES = 8;

/** The memory of a ring. */
export const RING_BYTES = DATA_AT + DATA_BYTES;
/** Larger messages do not go by a ring. */
export const RING_MOST = 1 << 12;
const KIND_SHIFT = 16;

class Ring {
  protected readonly words: Int32Array;
  protected readonly data: Uint8Array;
  protected readonly view: Int32Array;

  /** @param buffer of {@link RING_BYTES} bytes, all 0 at first */
  constructor(buffer: ArrayBuffer) {
    this.words = new Int32Array(buffer, 0, DATA_AT / 4);
    this.data = new Uint8Array(buffer, DATA_AT, DATA_BYTES);
    this.view = new Int32Array(buffer, DATA_AT, DATA_BYTES / 4);
  }
}

/** Where a position is among the data. */
const inside = (position: number) => position & (DATA_BYTES - 1);
const padded = (bytes: number) => HEADER_BYTES + ((bytes + 3) & ~3);

/** The end of the one process that writes. */
export class RingWriter extends Ring {
  /**
   * @param kind,mark numbers that go with the message; a kind is less than 256
   * @returns false: there is no room, or it is too large
   */
  push(bytes: Uint8Array, kind: number, mark: number): boolean {
    const size = padded(bytes.length);
    const tail = Atomics.load(this.words, TAIL);
    const free = DATA_BYTES - ((tail - Atomics.load(this.words, HEAD)) | 0);
    if (size > free || bytes.length > RING_MOST) return false;
    this.view[inside(tail) >> 2] = bytes.length | kind << KIND_SHIFT;
    this.view[inside(tail + 4) >> 2] = mark;
    this.copy(bytes, inside(tail + HEADER_BYTES));
    Atomics.store(this.words, TAIL, (tail + size) | 0);
    return true;
  }

  /** Whether the reader wants to be told of what was pushed. It is told once. */
  takeWish(): boolean {
    return Atomics.load(this.words, WISH) === 1 && Atomics.exchange(this.words, WISH, 0) === 1;
  }

  private copy(bytes: Uint8Array, at: number): void {
    const first = DATA_BYTES - at;
    if (bytes.length <= first) return this.data.set(bytes, at);
    this.data.set(bytes.subarray(0, first), at);
    this.data.set(bytes.subarray(first), 0);
  }
}

/** The end of the one process that reads. */
export class RingReader extends Ring {
  /** Where the messages end that have been written so far. */
  get tail(): number {
    return Atomics.load(this.words, TAIL);
  }

  get empty(): boolean {
    return Atomics.load(this.words, HEAD) === this.tail;
  }

  /** The mark of the next message before `tail`. Undefined when there is none. */
  peek(tail: number): number | undefined {
    const head = Atomics.load(this.words, HEAD);
    return head === tail ? undefined : this.view[inside(head + 4) >> 2];
  }

  /** The kind of that message. */
  get kind(): number {
    const head = Atomics.load(this.words, HEAD);
    return this.view[inside(head) >> 2] >>> KIND_SHIFT;
  }

  /** Removes that message. Undefined if it cannot be one: the ring is damaged. */
  take(): Uint8Array<ArrayBuffer> | undefined {
    const head = Atomics.load(this.words, HEAD);
    const length = this.view[inside(head) >> 2] & ((1 << KIND_SHIFT) - 1);
    const there = (this.tail - head) | 0;
    if (length > RING_MOST || padded(length) > there) return undefined;
    const bytes = new Uint8Array(length);
    const at = inside(head + HEADER_BYTES);
    const first = Math.min(length, DATA_BYTES - at);
    bytes.set(this.data.subarray(at, at + first));
    if (first < length) bytes.set(this.data.subarray(0, length - first), first);
    Atomics.store(this.words, HEAD, (head + padded(length)) | 0);
    return bytes;
  }

  /** Wants to be told of the next message. What is there already is not told: look again afterwards. */
  wish(): void {
    Atomics.store(this.words, WISH, 1);
  }

  get wishes(): boolean {
    return Atomics.load(this.words, WISH) === 1;
  }
}
