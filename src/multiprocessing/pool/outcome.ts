/** How a task ended. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: unknown };

/** Keeps the event loop alive while somebody waits. */
export interface Waiting {
  hold(): void;
  release(): void;
}

/** A place for one outcome, and who is told of it. */
export class Cell<T> {
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

  /** Calls `tell` with the outcome: at once, if there is one. @returns takes the wish back */
  then(tell: (outcome: Outcome<T>) => void): () => void {
    if (this.#outcome) tell(this.#outcome);
    else this.#told.push(tell);
    return () => this.#told = this.#told.filter((other) => other !== tell);
  }
}

/** Calls what a user gave: what it throws is an uncaught error of the user's, not one of the pool. */
export function callUser<T>(callback: ((value: T) => void) | undefined, value: T): void {
  try {
    callback?.(value);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
