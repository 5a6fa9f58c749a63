/** So many workers in a row may leave before they are ready; then the next one would, too. */
const MOST_LEFT = 3;
/** Somebody else may have killed them: it takes longer until that must be their own doing. */
const MOST_KILLED = 20;

/** Decides when there is no point in starting another worker. */
export class StartFailures {
  #left = 0;
  #killed = 0;

  /** A worker is ready. */
  succeeded(): void {
    this.#left = this.#killed = 0;
  }

  /** A worker has ended before it was ready. @returns whether to give up */
  failed(exitcode: number): boolean {
    return exitcode < 0 ? ++this.#killed >= MOST_KILLED : ++this.#left >= MOST_LEFT;
  }
}
