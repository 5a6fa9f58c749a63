import { wouldStart } from "./admission.ts";
import type { DeliveryCase } from "./delivery.ts";

/**
 * Jobs that may begin, in their order. One whose beginning is to be recorded waits until it would begin at once, and those behind it with
 * it: what is recorded as begun and then lies ready at a worker that is lost was not begun.
 */
export class CountedLine<T> {
  private waiting: T[] = [];
  private moving = false;

  constructor(
    /** As it is now. */
    private readonly caseOf: (one: T) => DeliveryCase,
    private readonly hasRoom: () => boolean,
    private readonly pass: (one: T, of: DeliveryCase) => void,
  ) {}

  add(one: T): void {
    this.waiting.push(one);
    this.move();
  }

  /** Something has changed: whoever may go on does. */
  move(): void {
    if (this.moving || this.waiting.length === 0) return;
    this.moving = true;
    for (let at = 0; at < this.waiting.length;) {
      const one = this.waiting[at];
      const of = this.caseOf(one);
      const isFree = !wouldStart(of) || (at === 0 && (!of.counted || this.hasRoom()));
      if (!isFree) at++;
      else {
        this.waiting.splice(at, 1);
        this.pass(one, of);
      }
    }
    this.moving = false;
  }

  /** Nobody is waited for any more. */
  clear(): void {
    this.waiting = [];
  }
}
