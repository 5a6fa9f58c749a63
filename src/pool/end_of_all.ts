import { Ending, type TermStep } from "../termination/ending.ts";
import type { Kin, Scope } from "../termination/scope.ts";

/** The end of everybody below a pool, when it stops or when jobs have left somebody behind. */
export class EndOfAll {
  private ending: Ending | undefined;
  /** It was reached: nobody is left, or nobody who can be ended. */
  over = false;

  /** @param survivors is told of those who cannot be ended */
  constructor(
    private readonly everybody: () => Scope,
    private readonly steps: readonly TermStep[],
    private readonly survivors: (left: readonly Kin[]) => void,
  ) {}

  /** Whether it has begun and is not reached yet. */
  get busy(): boolean {
    return this.ending !== undefined;
  }

  /** @param now here and elsewhere on the clock of runtime.now() */
  begin(now: number): void {
    this.ending ??= new Ending(this.everybody, this.steps, now);
    this.advance(now);
  }

  /** Who does not obey is killed at once. */
  hurry(now: number): void {
    this.ending?.hurry(now);
  }

  /** When {@link advance} wants to be called; it wants that also when a child has ended. */
  get due(): number {
    return this.ending?.due ?? Infinity;
  }

  advance(now: number): void {
    if (!this.ending?.advance(now)) return;
    this.survivors(this.ending.left);
    this.ending = undefined;
    this.over = true;
  }
}
