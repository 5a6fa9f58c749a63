import { wouldStart } from "./admission.ts";
import type { DeliveryCase } from "./delivery.ts";

/**
 * Jobs that may begin, in order. One whose beginning must be recorded waits until it would begin at once, and so do
 * those after it: a job recorded as begun, but queued at a worker that is lost, was not begun.
 */
export class CountedLine<T> {
  private waiting: T[] = [];
  private moving = false;

  constructor(
    /** Its current state. */
    private readonly caseOf: (one: T) => DeliveryCase,
    private readonly hasRoom: () => boolean,
    private readonly pass: (one: T, of: DeliveryCase) => void,
  ) {}

  add(one: T): void {
    this.waiting.push(one);
    this.move();
  }

  /** Something has changed: jobs that may proceed do. */
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

  /** Stops all waiting. */
  clear(): void {
    this.waiting = [];
  }
}
