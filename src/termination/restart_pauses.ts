const FIRST_MS = 1, LONGEST_MS = 1000;

/**
 * When to restart something that should not end: at once, or, if it ran for less than a second, after pauses that grow
 * up to one second.
 */
export class RestartPauses {
  private pause = 0;
  private tried = -Infinity;

  /** Call when it is started. Times are milliseconds on any one clock. */
  try(now: number): void {
    this.tried = now;
  }

  /** Call when it has ended or could not be started. @returns when to start it again */
  next(now: number): number {
    if (now - this.tried > LONGEST_MS) this.pause = 0;
    const due = now + this.pause;
    this.pause = Math.min(LONGEST_MS, Math.max(FIRST_MS, 2 * this.pause));
    return due;
  }
}
