import type { LabEvent } from "./event.ts";
import type { Rule } from "./rules.ts";

/** `told`: a race or a fact about this host, where either outcome is right. */
export type Verdict = "holds" | "fails" | "told";

/** What became of one rule. */
export interface Check {
  readonly rule: string;
  readonly kind: Rule["kind"];
  readonly verdict: Verdict;
  /** Whether the statement was true of this run; says something for races too. */
  readonly seen: boolean;
  readonly why: string;
}

/** Compares what was observed with what must hold. */
export function judge(rules: readonly Rule[], events: readonly LabEvent[]): Check[] {
  return rules.map(({ text, kind, judge }) => {
    const { holds, why } = judge(events);
    const verdict = kind !== "must" ? "told" : holds ? "holds" : "fails";
    return { rule: text, kind, verdict, seen: holds, why };
  });
}

/** Whether a run was as it must be: nothing fails, and something was checked. */
export function isGood(checks: readonly Check[]): boolean {
  return checks.some(({ verdict }) => verdict === "holds") &&
    checks.every(({ verdict }) => verdict !== "fails");
}
