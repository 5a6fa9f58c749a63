/** Reports progress while work goes on: a report that fails ends nothing, and is an error when all is over. */
export class SafeTelling {
  private untold: unknown;
  private failed = false;

  /** @returns `tell` that throws nothing */
  safely<A extends unknown[]>(tell: (...args: A) => void): (...args: A) => void {
    return (...args) => {
      try {
        tell(...args);
      } catch (error) {
        if (!this.failed) this.untold = error;
        this.failed = true;
      }
    };
  }

  /** @throws the first failure to report */
  end(): void {
    if (this.failed) throw this.untold;
  }
}
