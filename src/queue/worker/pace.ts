/** So much work may lie ready at a busy worker: about what it takes to get more. */
const AHEAD_MS = 20;
/** How much a new time counts against those before it. */
const WEIGHT = 0.05;
/** Of a worker with many slots, or with jobs that take no time. */
const MOST_AHEAD = 64;

/**
 * How many jobs a worker takes beyond those that it can run at once. Long jobs: none, because an idle worker could run them. Where
 * jobs take a millisecond, the way to the queue and back would take as long.
 */
export class TakingPace {
  /** Milliseconds of a job; Infinity before the first has ended. */
  private usual = Infinity;

  constructor(private readonly slots: number) {}

  /** @param ms how long a job has taken */
  ended(ms: number): void {
    if (this.usual === Infinity) this.usual = ms;
    else this.usual += WEIGHT * (ms - this.usual);
  }

  get ahead(): number {
    const fits = Math.floor(AHEAD_MS * this.slots / Math.max(0.1, this.usual));
    return Math.min(MOST_AHEAD, fits);
  }
}
