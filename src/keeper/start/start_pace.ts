/** More than processors, since each of them spends time waiting. */
const AT_A_TIME = 12;

/**
 * Limits how many starts begin at a time: with hundreds of first turns, most would exceed the time limit for hanging
 * ones.
 */
export class StartPace {
  private readonly waiting: (() => void)[] = [];
  private free = AT_A_TIME;

  /** @returns a function that lets the next one begin; the first call counts */
  async enter(): Promise<() => void> {
    if (this.free > 0) this.free--;
    else await new Promise<void>((go) => this.waiting.push(go));
    let isIn = true;
    return () => {
      if (isIn) this.leave();
      isIn = false;
    };
  }

  private leave(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.free++;
  }
}
