import type { Rule } from "./rules.ts";
import type { Stage } from "./stage.ts";

/** A program from documents, what they claim about it, and what must be seen when it runs. */
export interface Scenario {
  readonly id: string;
  readonly title: string;
  readonly topic: Topic;
  /** What it teaches, in a few sentences. */
  readonly learn: string;
  /** What tutorials claim. */
  readonly claim: string;
  /** Where the claim is wrong, or true only with care. */
  readonly care?: string;
  /** Names of the processes that main starts, in that order; otherwise `child N`. */
  readonly names?: readonly string[];
  /** How much faster than the others it runs: its document waits for minutes. */
  readonly hurry?: number;
  /** False: only what the play names is observed, because there are too many processes. */
  readonly follow?: boolean;
  readonly rules: readonly Rule[];
  /** Runs it. Observations go to the stage's events. */
  play(stage: Stage): Promise<void>;
}

export type Topic = "processes" | "threads" | "endings" | "pools" | "daemons";
