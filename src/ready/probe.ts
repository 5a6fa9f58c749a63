import type { Ending } from "../libc/processes/wait.ts";

/** What a look has shown. */
export type Readiness =
  | "ready"
  /** It cannot become ready any more. */
  | { readonly failed: string }
  /** Not yet. Look again when the descriptor is readable, but not later than this on the clock of runtime.now(). */
  | { readonly until: number };

/**
 * Watches one program until it is ready. Made before the program is started, and closed by its maker. It starts no
 * timers and never blocks: a loop calls it.
 */
export interface Probe {
  /** Words `K=V` that the program needs. */
  readonly environment?: readonly string[];
  /** Descriptors that it needs, as [from, to]. `from` must be closed here once it is started. */
  readonly descriptors?: readonly (readonly [from: number, to: number])[];
  /** Becomes readable when it is worth looking. */
  readonly fd?: number;
  /** The program has been started. */
  started(pid: number, now: number): void;
  look(now: number): Readiness;
  /** The program has printed a line. */
  heard?(line: string): void;
  /** One of our children, of any origin, has ended and was reaped. */
  childEnded?(pid: number, ending: Ending): void;
  close(): void;
}

const FIRST_PAUSE_MS = 5, LONGEST_PAUSE_MS = 100;

/** Pauses between looks: short at first, so that a fast program is soon seen to be ready. */
export class ProbePauses {
  private ms = FIRST_PAUSE_MS;

  next(now: number): { until: number } {
    const until = now + this.ms;
    this.ms = Math.min(LONGEST_PAUSE_MS, this.ms * 1.5);
    return { until };
  }
}
