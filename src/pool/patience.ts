/** So long a pool without a single running job tries to start one: what takes the place may be somebody else's and end. */
const MOST_MS = 60_000;
/** Descriptors are imp's own: nobody else gives one back. */
const MOST_OWN_MS = 2000;

/** Tells waiting for a place, which running jobs will give back, from waiting for nothing. */
export class StartPatience {
  private since = Infinity;

  /**
   * A start was refused for now.
   * @param errno why, for example EAGAIN
   * @param busy jobs that run
   * @param now on the clock of runtime.now()
   * @returns whether it has been enough
   */
  isOver(errno: string | undefined, busy: number, now: number): boolean {
    this.since = busy > 0 ? Infinity : Math.min(this.since, now);
    return now - this.since >= (errno === "EMFILE" ? MOST_OWN_MS : MOST_MS);
  }

  /** Something was started. */
  restore(): void {
    this.since = Infinity;
  }
}
