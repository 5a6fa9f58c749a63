import type { DeliveryCase } from "./delivery.ts";

/** Says when a job may be started, where the queue allows so many in so much time. */
export interface StartGate {
  ask(pass: () => void): void;
}

export const OPEN_GATE: StartGate = { ask: (pass) => pass() };

/** Whether a job would be started now, which is what a gate counts. */
export function wouldStart({ order, leaving, tooOften, once }: DeliveryCase): boolean {
  return order === "go on" && !leaving && (!tooOften || once);
}

/** Jobs of which all is known, on their way to what becomes of them: those that would be started pass a gate first. */
export class Admission<T> {
  private readonly waiting = new Set<T>();

  constructor(
    private readonly gate: StartGate,
    /** As it is now. */
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

  /** Something is wanted otherwise: who would not be started any more waits for nothing. */
  again(): void {
    for (const one of [...this.waiting]) {
      const of = this.caseOf(one);
      if (wouldStart(of)) continue;
      this.waiting.delete(one);
      this.admit(one, of);
    }
  }

  /** Nobody is waited for any more. */
  clear(): void {
    this.waiting.clear();
  }
}
