/** How much work may queue at a busy worker: about the time it takes to get more. */
const AHEAD_MS = 20;
/** The weight of a new time against earlier ones. */
const WEIGHT = 0.05;
/** For a worker with many slots, or jobs that take no time. */
const MOST_AHEAD = 64;

/**
 * How many jobs a worker takes beyond those it can run at a time. Long jobs: none, because an idle worker could run
 * them. If jobs take a millisecond, the round trip to the queue would take as long.
 */
export class TakingPace {
  /** The usual duration in milliseconds; Infinity before the first job has ended. */
  private usual = Infinity;

  constructor(private readonly slots: number) {}

  /** @param ms how long a job took */
  ended(ms: number): void {
    if (this.usual === Infinity) this.usual = ms;
    else this.usual += WEIGHT * (ms - this.usual);
  }

  get ahead(): number {
    const fits = Math.floor(AHEAD_MS * this.slots / Math.max(0.1, this.usual));
    return Math.min(MOST_AHEAD, fits);
  }
}
