import type { ProcessFacts } from "./facts.ts";
import { classify } from "./classify.ts";
import type { ProcessKind } from "./kind.ts";
import { readSituation, type Situation } from "./situation.ts";
import { type SurvivalVerdict, verdictOf } from "./verdict.ts";
import { collectFacts } from "./read_facts.ts";

/** All that imp reports about a process. */
export interface Report {
  readonly facts: ProcessFacts;
  readonly situation: Situation;
  readonly kind: ProcessKind;
  /** Undefined for a zombie. */
  readonly verdict?: SurvivalVerdict;
}

/** @returns undefined if there is no such process */
export function inspectProcess(pid: number): Report | undefined {
  const facts = collectFacts(pid);
  if (!facts) return undefined;
  const situation = readSituation(facts);
  return { facts, situation, kind: classify(situation), verdict: verdictOf(situation) };
}
