/** The memory that they need. */
export const CLAIMS_BYTES = 8;
const LEFT = 0, TELL = 1;

/**
 * How many of the items that a consumer was sent it may still take: a number in memory that the queue's process and the
 * consumer's share. So the queue knows what a consumer that dies had taken, and takes back the rest at once, however busy the
 * consumer is, without a word between them.
 */
export class ItemClaims {
  private granted = 0;

  /** @param words shared by both, {@link CLAIMS_BYTES} of them are used */
  constructor(private readonly words: Int32Array) {}

  /** The queue sends `count` items; nothing of an earlier grant may be left. */
  grant(count: number): void {
    this.granted = count;
    Atomics.store(this.words, LEFT, count);
  }

  /** The consumer takes the next item. @returns false when they were taken back */
  claim(): boolean {
    for (;;) {
      const left = Atomics.load(this.words, LEFT);
      if (left <= 0) return false;
      if (Atomics.compareExchange(this.words, LEFT, left, left - 1) === left) return true;
    }
  }

  /** The queue wants to hear when the next item is taken. One that was taken before is not told: look again. */
  wishToHear(): void {
    Atomics.store(this.words, TELL, 1);
  }

  /** Whether the queue wants to hear that an item was taken. It hears it once. */
  takeWish(): boolean {
    return Atomics.load(this.words, TELL) === 1 && Atomics.exchange(this.words, TELL, 0) === 1;
  }

  /** How many of the granted items the consumer has taken. */
  get taken(): number {
    return this.granted - Atomics.load(this.words, LEFT);
  }

  /**
   * The queue takes back what is not taken yet.
   * @param keep how many the consumer may have in any case
   * @returns how many it has, or may still take
   */
  recall(keep: number): number {
    for (;;) {
      const left = Atomics.load(this.words, LEFT);
      const taken = this.granted - left;
      const rest = Math.max(0, Math.min(left, keep - taken));
      if (Atomics.compareExchange(this.words, LEFT, left, rest) !== left) continue;
      this.granted = taken + rest;
      return this.granted;
    }
  }
}
