/** Decides when there is no point in starting another worker. */
export class StartFailures {
  private itself = 0;
  private others = 0;

  /**
   * @param most so many workers in a row may end by their own doing without having been of use: the next one would, too
   * @param mostByOthers somebody else may have ended them: it takes longer until that must have its reason in them, as that
   * they need too much memory
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

  /** A worker has ended without having been of use. @param itself by its own doing @returns whether to give up */
  failed(itself: boolean): boolean {
    return itself ? ++this.itself >= this.most : ++this.others >= this.mostByOthers;
  }
}
