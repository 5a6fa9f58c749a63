/**
 * One word of memory that a worker and the pool share: the number of the task that the worker has begun last, and whether
 * the pool has taken back all later ones. Every change is one atomic exchange, so that a task has either begun or was
 * taken back, and after the death of the worker it is known which.
 */
const TAKEN_BACK = 1;
/** The second word: the worker is about to end, and nothing that its tasks have started is left. */
const NOTHING_LEFT = 1;
/** Words of each worker. */
export const CLAIM_WORDS = 2;
/** Bytes for each worker: a cache line, so that workers do not slow each other down. */
export const CLAIM_BYTES = 64;

/** The worker's side. */
export class TaskClaims {
  #last = 0;

  constructor(private readonly word: Int32Array) {}

  /** Begins a task. @returns false if it was taken back, with everything up to {@link resume} */
  begin(number: number): boolean {
    const before = this.#last << 1;
    if (Atomics.compareExchange(this.word, 0, before, number << 1) !== before) return false;
    this.#last = number;
    return true;
  }

  /** The pool has noticed that it took tasks back: what comes from now on is to be done. */
  resume(): void {
    Atomics.store(this.word, 0, this.#last << 1);
  }
}

/** Prepares the words for a new worker, whose tasks are numbered from 1. */
export function clearClaim(words: Int32Array): void {
  Atomics.store(words, 0, 0);
  Atomics.store(words, NOTHING_LEFT, 0);
}

/** Said by a worker: nobody has to look for what it has left behind. */
export function noteNothingLeft(words: Int32Array): void {
  Atomics.store(words, NOTHING_LEFT, 1);
}

/** Whether a worker that has ended has seen to it that nothing is left of it. */
export function leftNothing(words: Int32Array): boolean {
  return Atomics.load(words, NOTHING_LEFT) === 1;
}

/** The number of the task that was begun last, 0 for none. */
export function begunNumber(word: Int32Array): number {
  return Atomics.load(word, 0) >>> 1;
}

/** Whether tasks were taken back and the worker has not heard of it yet. */
export function isTakenBack(word: Int32Array): boolean {
  return (Atomics.load(word, 0) & TAKEN_BACK) !== 0;
}

/** Keeps the worker from beginning anything more. @returns the number of the task that it has begun last */
export function takeBack(word: Int32Array): number {
  for (;;) {
    const seen = Atomics.load(word, 0);
    if (seen & TAKEN_BACK || Atomics.compareExchange(word, 0, seen, seen | TAKEN_BACK) === seen) {
      return seen >>> 1;
    }
  }
}
