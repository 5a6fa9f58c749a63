import { concat } from "../bytes.ts";
import type { Writer } from "../writer.ts";

const FIRST = 1 << 16;
/** Bytes that may wait for an earlier answer. */
const MOST_HELD = 16 << 20;

/** Puts answers together into large writes, at once or in order of submission. */
export class Answers {
  private buffer = new Uint8Array(FIRST);
  private length = 0;
  private next = 1;
  /** Whose turn has not come; null for one that has nothing to say. */
  private readonly waiting = new Map<number, Uint8Array | null>();
  private held = 0;

  constructor(private readonly writer: Writer, private readonly inOrder: boolean) {}

  /** So much waits for its turn that nothing new should be begun. */
  get isFull(): boolean {
    return this.held > MOST_HELD;
  }

  /** With order, each number must come exactly once. @param parts what is printed, nothing for a failure */
  add(order: number, parts: readonly Uint8Array[] | null): void {
    if (!this.inOrder) {
      if (parts) this.append(parts);
      return;
    }
    if (order !== this.next) {
      // A copy: parts are views of large blocks.
      const whole = parts && concat(parts);
      this.waiting.set(order, whole);
      this.held += costOf(whole);
      return;
    }
    if (parts) this.append(parts);
    for (;;) {
      const ready = this.waiting.get(++this.next);
      if (ready === undefined) return;
      this.waiting.delete(this.next);
      this.held -= costOf(ready);
      if (ready) this.append([ready]);
    }
  }

  /** No earlier answer will come any more: hands over everything, in order. */
  finish(): void {
    const left = [...this.waiting].sort(([a], [b]) => a - b);
    for (const [, answer] of left) if (answer) this.append([answer]);
    this.waiting.clear();
    this.flush();
  }

  /** Hands over what is ready to be written. */
  flush(): void {
    if (this.length === 0) return;
    this.writer.push({ target: 1, bytes: this.buffer.slice(0, this.length) });
    this.length = 0;
  }

  private append(parts: readonly Uint8Array[]): void {
    for (const part of parts) {
      if (this.length + part.length > this.buffer.length) this.grow(part.length);
      this.buffer.set(part, this.length);
      this.length += part.length;
    }
  }

  private grow(by: number): void {
    this.flush();
    if (by > this.buffer.length) this.buffer = new Uint8Array(2 * by);
  }
}

/** What an entry takes besides its bytes. */
const PLACE = 512;

function costOf(bytes: Uint8Array | null): number {
  return PLACE + (bytes?.length ?? 0);
}
