/** Decides when there is no point in starting another worker. */
export class StartFailures {
  private itself = 0;
  private others = 0;

  /**
   * @param most after this many workers in a row that ended by themselves without having been of use, the next one
   *   would, too
   * @param mostByOthers the same for workers that somebody else may have ended: more are needed before the cause must
   *   be
   * the workers themselves, such as needing too much memory
   */
  constructor(private readonly most: number, private readonly mostByOthers = most) {}

  /** None has failed since the last one that was of use. */
  get none(): boolean {
    return this.itself + this.others === 0;
  }

  /** A worker is of use. */
  succeeded(): void {
    this.itself = this.others = 0;
  }

  /** A worker has ended without having been of use. @param itself it ended by itself @returns whether to give up */
  failed(itself: boolean): boolean {
    return itself ? ++this.itself >= this.most : ++this.others >= this.mostByOthers;
  }
}
