/** Tells of what is done while other things are being done: what cannot be told ends nothing, and is an error when all is over. */
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

  /** @throws what could not be told first */
  end(): void {
    if (this.failed) throw this.untold;
  }
}
