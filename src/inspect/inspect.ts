import { ImpError } from "../base/errors.ts";
import { sendSignal } from "../libc/signals.ts";
import { collectFacts, type ProcessFacts } from "./facts.ts";
import { classify } from "./classify.ts";
import type { Kind } from "./kind.ts";
import { readSituation, type Situation } from "./situation.ts";
import { type Verdict, verdictOf } from "./verdict.ts";

/** All that imp says of a process. */
export interface Report {
  readonly facts: ProcessFacts;
  readonly situation: Situation;
  readonly kind: Kind;
  /** Undefined for a zombie. */
  readonly verdict?: Verdict;
}

/** @returns undefined when there is no such process */
export function inspectProcess(pid: number): Report | undefined {
  const facts = collectFacts(pid);
  if (!facts) return undefined;
  const situation = readSituation(facts);
  return { facts, situation, kind: classify(situation), verdict: verdictOf(situation) };
}

/** Whether the kernel knows a process that /proc does not show us: it is mounted with hidepid; proc(5). */
export function isConcealed(pid: number): boolean {
  try {
    sendSignal(pid, 0);
    return false;
  } catch (error) {
    return error instanceof ImpError && error.errno === "EPERM";
  }
}
