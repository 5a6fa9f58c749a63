import { Deque } from "../../base/deque.ts";
import { nextNumber } from "./claim.ts";

/**
 * What one worker has been given and has not answered. Workers begin and answer tasks in the order in which they got
 * them, one at a time.
 */
export class Ledger<T> {
  #given = new Deque<{ number: number; task: T }>();
  #last = 0;

  get size(): number {
    return this.#given.size;
  }

  /** The number that the next task will have for this worker. */
  get next(): number {
    return nextNumber(this.#last);
  }

  /** The task whose answer comes next. */
  get first(): T | undefined {
    return this.#given.first()?.task;
  }

  get firstNumber(): number {
    return this.#given.first()?.number ?? 0;
  }

  give(task: T): void {
    this.#last = this.next;
    this.#given.push({ number: this.#last, task });
  }

  /** The task that the worker has answered. @throws Error when it is another's turn: nothing can be trusted any more */
  answered(number: number): T {
    const entry = this.#given.shift();
    if (entry?.number === number) return entry.task;
    throw new Error(`a worker answered task ${number} when it was the turn of ${entry?.number}`);
  }

  /**
   * All tasks that were not begun, in their order; they are the worker's no more.
   * @param begun the number of the task that was begun last. Its answer and some before it may still be on their way.
   */
  withdraw(begun: number): T[] {
    const given = this.#given.drain();
    const kept = given.findIndex(({ number }) => number === begun) + 1;
    for (let i = 0; i < kept; i++) this.#given.push(given[i]);
    return given.slice(kept).map(({ task }) => task);
  }

  /** The worker has died and all its answers have come: the task that died with it, and those that it had not begun. */
  settle(begun: number): { lost: T | undefined; unbegun: T[] } {
    const unbegun = this.withdraw(begun);
    return { lost: this.#given.shift()?.task, unbegun };
  }
}
