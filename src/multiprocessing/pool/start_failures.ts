/** So many workers in a row may leave, or fail fatally, before they are ready: the next one would, too. */
const MOST_FAILED = 3;
/** Somebody else may have killed them: it takes longer until that must have its reason in them, as that they need too much memory. */
const MOST_KILLED = 100;
/** ILL TRAP ABRT BUS FPE SEGV SYS: raised by the kernel for what the process did itself. */
const FATAL = [4, 5, 6, 7, 8, 11, 31];

/** Decides when there is no point in starting another worker. */
export class StartFailures {
  #failed = 0;
  #killed = 0;

  /** A worker is ready. */
  succeeded(): void {
    this.#failed = this.#killed = 0;
  }

  /** A worker has ended before it was ready. @returns whether to give up */
  failed(exitcode: number): boolean {
    const itself = exitcode >= 0 || FATAL.includes(-exitcode);
    return itself ? ++this.#failed >= MOST_FAILED : ++this.#killed >= MOST_KILLED;
  }
}
