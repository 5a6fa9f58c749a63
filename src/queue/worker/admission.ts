import type { DeliveryCase } from "./delivery.ts";

/** Decides when a job may start, if the queue limits starts per time. */
export interface StartGate {
  ask(pass: () => void): void;
}

export const OPEN_GATE: StartGate = { ask: (pass) => pass() };

/** Whether a job would be started now, which is what a gate counts. */
export function wouldStart({ order, leaving, tooOften, once }: DeliveryCase): boolean {
  return order === "go on" && !leaving && (!tooOften || once);
}

/** Fully known jobs on their way: those that would be started pass a gate first. */
export class Admission<T> {
  private readonly waiting = new Set<T>();

  constructor(
    private readonly gate: StartGate,
    /** Its current state. */
    private readonly caseOf: (one: T) => DeliveryCase,
    private readonly admit: (one: T, of: DeliveryCase) => void,
  ) {}

  add(one: T): void {
    const of = this.caseOf(one);
    if (!wouldStart(of)) return this.admit(one, of);
    this.waiting.add(one);
    this.gate.ask(() => {
      if (this.waiting.delete(one)) this.admit(one, this.caseOf(one));
    });
  }

  /** Requests have changed: jobs that would no longer be started stop waiting. */
  again(): void {
    for (const one of [...this.waiting]) {
      const of = this.caseOf(one);
      if (wouldStart(of)) continue;
      this.waiting.delete(one);
      this.admit(one, of);
    }
  }

  /** Stops all waiting. */
  clear(): void {
    this.waiting.clear();
  }
}
