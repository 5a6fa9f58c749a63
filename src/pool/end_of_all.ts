import type { StopStep } from "../termination/schedule.ts";
import type { Kin, Scope } from "../termination/scope.ts";
import { Termination } from "../termination/termination.ts";

/** The end of everybody below a pool, when it stops or when jobs have left somebody behind. */
export class EndOfAll {
  private termination: Termination | undefined;
  /** It was reached: nobody is left, or nobody who can be ended. */
  over = false;

  /** @param survivors is told of those who cannot be ended */
  constructor(
    private readonly everybody: () => Scope,
    private readonly steps: readonly StopStep[],
    private readonly survivors: (left: readonly Kin[]) => void,
  ) {}

  /** Whether it has begun and is not reached yet. */
  get busy(): boolean {
    return this.termination !== undefined;
  }

  /** @param now here and elsewhere on the clock of runtime.now() */
  begin(now: number): void {
    const { everybody, steps } = this;
    this.termination ??= new Termination(everybody, { steps }, now);
    this.advance(now);
  }

  /** Who does not obey is killed at once. */
  hurry(now: number): void {
    this.termination?.hurry(now);
  }

  /** When {@link advance} wants to be called; it wants that also when a child has ended. */
  get due(): number {
    return this.termination?.due ?? Infinity;
  }

  advance(now: number): void {
    if (!this.termination?.advance(now)) return;
    this.survivors(this.termination.left);
    this.termination = undefined;
    this.over = true;
  }
}
