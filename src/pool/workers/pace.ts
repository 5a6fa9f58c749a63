/** So much work is sent ahead of a worker that is busy: it hides the time that imp needs to react. */
const AHEAD_MS = 2;
/** How much a new time counts. */
const WEIGHT = 0.3;

/**
 * How many records a worker may have at once. The first one comes alone; where answers come so fast that imp's reaction
 * would be felt, some are sent ahead. A slow worker never holds a record that another could begin.
 */
export class Pace {
  private mean = Infinity;
  private mark = 0;

  /** @param most records at once */
  constructor(private readonly most: number) {}

  /** The worker was idle and has something to do now. @param now milliseconds */
  begin(now: number): void {
    this.mark = now;
  }

  /** So many answers have come since the last time. */
  answered(count: number, now: number): void {
    const each = (now - this.mark) / count;
    this.mark = now;
    this.mean = this.mean === Infinity ? each : this.mean + WEIGHT * (each - this.mean);
  }

  get depth(): number {
    if (this.mean >= AHEAD_MS) return 1;
    return Math.max(1, Math.min(this.most, Math.ceil(AHEAD_MS / Math.max(this.mean, 0.001))));
  }
}
