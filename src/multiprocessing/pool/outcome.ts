/** How a task ended. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: unknown };

/** Keeps the event loop alive while somebody waits. */
export interface Waiting {
  hold(): void;
  release(): void;
}

/** A {@link Cell}, as seen by those waiting for its outcome. */
export interface OutcomeSource<out T> {
  readonly outcome: Outcome<T> | undefined;
  then(tell: (outcome: Outcome<T>) => void): () => void;
}

/** A place for one outcome, and its listeners. */
export class Cell<T> implements OutcomeSource<T> {
  #outcome: Outcome<T> | undefined;
  #told: ((outcome: Outcome<T>) => void)[] = [];

  get outcome(): Outcome<T> | undefined {
    return this.#outcome;
  }

  /** The first outcome counts. */
  settle(outcome: Outcome<T>): void {
    if (this.#outcome) return;
    this.#outcome = outcome;
    for (const tell of this.#told) tell(outcome);
    this.#told = [];
  }

  /** Calls `tell` with the outcome: at once, if there is one. @returns a function that cancels this */
  then(tell: (outcome: Outcome<T>) => void): () => void {
    if (this.#outcome) tell(this.#outcome);
    else this.#told.push(tell);
    return () => this.#told = this.#told.filter((other) => other !== tell);
  }
}

/** Calls a user's callback: what it throws is an uncaught error of the user's, not one of the pool. */
export function callUser<T>(callback: ((value: T) => void) | undefined, value: T): void {
  try {
    callback?.(value);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** The messages between a pool and its workers: arrays that begin with one of these. */
export const TO_WORKER = {
  /** `[setup, claim, initializer, initargs]`: always first. */
  setup: 0,
  /** `[define, id, reference]`: a function that tasks name by its id. */
  define: 1,
  /** `[task, number, id, kind, values]` */
  task: 2,
  /** `[resume]`: taking back is known to the pool; later tasks are to be done. */
  resume: 3,
} as const;

export const FROM_WORKER = {
  /** `[ready]`: the initializer is done. */
  ready: 0,
  /** `[broken, error]`: the initializer failed; the worker ends. */
  broken: 1,
  /** `[done, number, value]` */
  done: 2,
  /** `[failed, number, error]` */
  failed: 3,
} as const;

/** How a function is applied to the values of a task. */
export const KIND = {
  /** Once, the values are its arguments; the result is the function's. */
  call: 0,
  /** To each value; the results in an array. The first error ends the task. */
  each: 1,
  /** To each value, which is an array of arguments. The first error ends the task. */
  spread: 2,
  /** To each value; an error does not stop the others: {@link Settled}. */
  settle: 3,
} as const;

export type Kind = (typeof KIND)[keyof typeof KIND];

/** Results with gaps where the function threw, the positions of the gaps, and what was thrown there. */
export type Settled = [results: unknown[], failed: number[], errors: unknown[]];
