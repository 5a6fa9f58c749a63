/**
 * How many of the items that a consumer was sent it may still take: one number in memory that the queue's process and the
 * consumer's share. So the queue knows what a consumer that dies had taken, and takes back the rest at once, however busy the
 * consumer is, without a word between them.
 */
export class Claims {
  private granted = 0;

  /** @param words shared by both; only the first is used */
  constructor(private readonly words: Int32Array) {}

  /** The queue sends `count` items; nothing of an earlier grant may be left. */
  grant(count: number): void {
    this.granted = count;
    Atomics.store(this.words, 0, count);
  }

  /** The consumer takes the next item. @returns false when they were taken back */
  claim(): boolean {
    for (;;) {
      const left = Atomics.load(this.words, 0);
      if (left <= 0) return false;
      if (Atomics.compareExchange(this.words, 0, left, left - 1) === left) return true;
    }
  }

  /** How many of the granted items the consumer has taken. */
  get taken(): number {
    return this.granted - Atomics.load(this.words, 0);
  }

  /**
   * The queue takes back what is not taken yet.
   * @param keep how many the consumer may have in any case
   * @returns how many it has, or may still take
   */
  recall(keep: number): number {
    for (;;) {
      const left = Atomics.load(this.words, 0);
      const taken = this.granted - left;
      const rest = Math.max(0, Math.min(left, keep - taken));
      if (Atomics.compareExchange(this.words, 0, left, rest) !== left) continue;
      this.granted = taken + rest;
      return this.granted;
    }
  }
}
