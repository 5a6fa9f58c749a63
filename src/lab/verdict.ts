import { type LabEvent, UNTOLD } from "./event.ts";
import type { Rule, RuleResult } from "./rules.ts";

/** `told`: a race or a fact about this host, where either outcome is right, or what this kernel does not tell. */
export type CheckVerdict = "holds" | "fails" | "told";

/** What became of one rule. */
export interface Check {
  readonly rule: string;
  readonly kind: Rule["kind"];
  readonly verdict: CheckVerdict;
  /** Whether the statement was true of this run; says something for races too. */
  readonly seen: boolean;
  readonly why: string;
}

/** Compares what was observed with what must hold. */
export function checkRules(rules: readonly Rule[], events: readonly LabEvent[]): Check[] {
  return rules.map(({ text: rule, kind, judge }) => {
    const { holds, why } = judge(events);
    const depends = dependsOnUntold(judge, events);
    if (depends !== undefined) return { rule, kind, verdict: "told", seen: holds, why: depends };
    const verdict = kind !== "must" ? "told" : holds ? "holds" : "fails";
    return { rule, kind, verdict, seen: holds, why };
  });
}

/** How a process may have ended. */
const ENDS = ["exit 0", "exit 1", "killed by INT", "killed by KILL", "killed by TERM"];

/** Whether a rule can only be judged by who knows how a process ended that the kernel does not tell of. @returns why */
function dependsOnUntold(
  judge: (events: readonly LabEvent[]) => RuleResult,
  events: readonly LabEvent[],
): string | undefined {
  const isUntold = ({ what, text }: LabEvent) => what === "ends" && text === UNTOLD;
  if (!events.some(isUntold)) return undefined;
  const answers = ENDS.map((text) =>
    judge(events.map((one) => isUntold(one) ? { ...one, text } : one)).holds
  );
  if (answers.every((holds) => holds === answers[0])) return undefined;
  const who = new Set(events.filter(isUntold).map(({ who }) => who));
  return `this kernel does not tell how ${[...who].join(", ")} ended`;
}

/** Whether a run was as it must be: nothing fails, and something was checked. */
export function isGood(checks: readonly Check[]): boolean {
  return checks.some(({ verdict }) => verdict === "holds") &&
    checks.every(({ verdict }) => verdict !== "fails");
}
