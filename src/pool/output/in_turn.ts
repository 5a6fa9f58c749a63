/** Holds back what comes before its turn. Each number comes exactly once, from 1 on. */
export class InTurn<T> {
  private next = 1;
  private readonly waiting = new Map<number, T>();

  /** @param pass receives what was held back, in order */
  constructor(private readonly pass: (one: T) => void) {}

  /** Those whose turn has not come. */
  get early(): Iterable<T> {
    return this.waiting.values();
  }

  isTurnOf(order: number): boolean {
    return order === this.next;
  }

  /** Holds one back until its turn. */
  hold(order: number, one: T): void {
    this.waiting.set(order, one);
  }

  /** The one whose turn it was has passed: those that waited for it follow. */
  advance(): void {
    for (;;) {
      const next = this.waiting.get(++this.next);
      if (next === undefined) return;
      this.waiting.delete(this.next);
      this.pass(next);
    }
  }

  /** Missing ones will not come any more: all that wait pass, in order. */
  finish(): void {
    const left = [...this.waiting.keys()].sort((a, b) => a - b);
    for (const order of left) this.pass(this.waiting.get(order)!);
    this.waiting.clear();
  }
}
