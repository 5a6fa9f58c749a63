import type { Rule } from "./rules.ts";
import type { Stage } from "./stage.ts";

/** A program that documents describe, what they say about it, and what must be seen when it runs. */
export interface Scenario {
  readonly id: string;
  readonly title: string;
  readonly topic: Topic;
  /** What there is to be learned, in a few sentences. */
  readonly learn: string;
  /** What tutorials say that happens. */
  readonly claim: string;
  /** Where the claim is wrong, or true only with care. */
  readonly care?: string;
  /** Names of the processes that main starts, in that order; `child N` otherwise. */
  readonly names?: readonly string[];
  /** How much faster than the others it runs: its document waits for minutes. */
  readonly hurry?: number;
  /** False: only what the play names is observed, because there are too many. */
  readonly follow?: boolean;
  readonly rules: readonly Rule[];
  /** Has it happen. What is observed meanwhile goes to the stage's events. */
  play(stage: Stage): Promise<void>;
}

export type Topic = "processes" | "threads" | "endings" | "pools" | "daemons";
