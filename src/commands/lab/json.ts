import type { ScenarioRun } from "../../lab/run.ts";
import type { Scenario } from "../../lab/scenario.ts";

/** What is known about a scenario before it is played; docs/lab.md. */
export function describeJson({ id, title, topic, learn, claim, care }: Scenario) {
  return { scenario: id, title, topic, learn, claim, care: care ?? null };
}

/** One scenario as played; docs/lab.md. */
export function outcomeJson(outcome: ScenarioRun) {
  const { scenario, ms, second, events, checks, good, tries, stall } = outcome;
  const { id, title, topic, claim, care } = scenario;
  return {
    scenario: id,
    title,
    topic,
    claim,
    care: care ?? null,
    verdict: good ? "holds" : "fails",
    ms,
    secondMs: second,
    tries,
    stallMs: Math.round(stall),
    events: events.map(({ at, pid, who, what, text, moment, facts }) => ({
      at,
      pid,
      who,
      what,
      text,
      state: moment?.state ?? null,
      ppid: moment?.ppid ?? null,
      pgid: moment?.pgid ?? null,
      sid: moment?.sid ?? null,
      tty: moment?.tty ?? null,
      facts: facts ?? null,
    })),
    checks: checks.map(({ rule, kind, verdict, seen, why }) => ({
      rule,
      kind,
      verdict,
      seen,
      why,
    })),
  };
}
