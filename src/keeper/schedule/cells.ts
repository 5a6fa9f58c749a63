// Cells of the table in state.ts for daemons with a schedule: the state at rest between runs, and the effect of a due
// time.
import type { KeptRules, KeptStep } from "../policy/kept_event.ts";
import type { KeptState } from "../records/kept_state.ts";
import type { RestartVerdict } from "../policy/restart_policy.ts";
import { endTree, NO_COUNTS, NO_RUN, over, stay } from "../policy/state_parts.ts";
import type { RunTimes } from "./times.ts";

const NO_TIME_LEFT = "its schedule has no time left";

/** A requested start: it waits for its time, or runs at once. A missed time is not forgotten. */
export function scheduledAnew(
  starting: KeptState,
  { intent, now }: KeptRules,
  times: RunTimes,
): KeptState {
  const { nextRunAt } = starting;
  const countedFrom = times.anchor(now, starting.countedFrom ?? now);
  if (intent.runNow) return { ...starting, ...counted(now, now, times), queued: undefined };
  const next = nextRunAt ?? times.after(now, countedFrom);
  if (next === undefined) return over(starting, "finished", NO_TIME_LEFT);
  return { ...starting, phase: "scheduled", nextRunAt: next, countedFrom, queued: undefined };
}

/** Nothing runs: it is started. Several missed times count as one. */
export function occursAtRest(state: KeptState, _: unknown, rules: KeptRules): KeptStep {
  return stay(begun({ ...state, ...passed(state, rules) }));
}

/** It still runs. */
export function occursInTime(state: KeptState, _: unknown, rules: KeptRules): KeptStep {
  const next = { ...state, ...passed(state, rules) };
  switch (rules.settings.schedule?.overlap) {
    case "queue":
      return stay({ ...next, queued: true });
    case "kill":
      return endTree(next, "run", "imp keeper: --overlap kill, the next run is due");
    default:
      return stay(next);
  }
}

/** It is being ended. */
export function occursInStop(state: KeptState, _: unknown, rules: KeptRules): KeptStep {
  const next = { ...state, ...passed(state, rules) };
  if (state.next !== undefined) return stay(next);
  switch (rules.settings.schedule?.overlap) {
    case "queue":
      return stay({ ...next, queued: true });
    case "kill":
      return stay({ ...next, next: "run" });
    default:
      return stay(next);
  }
}

/** The clock may have been set, or a time zone may have new rules. */
export function reckoned(state: KeptState, _: unknown, { now, times }: KeptRules): KeptStep {
  const countedFrom = times?.anchor(now, state.countedFrom ?? now);
  const nextRunAt = countedFrom === undefined ? undefined : times?.after(now, countedFrom);
  return stay(nextRunAt === undefined ? state : { ...state, nextRunAt, countedFrom });
}

/**
 * What follows a run, unless it is retried before its next time.
 * @returns undefined: it is retried
 */
export function atRest(
  state: KeptState,
  verdict: RestartVerdict,
  now: number,
  times: RunTimes,
): KeptState | undefined {
  const { runs, queued } = state;
  const countedFrom = times.anchor(now, state.countedFrom ?? now);
  // Times during the run are settled; times since its end were missed, and are made up for.
  const ended = runs.at(-1)?.endedAt ?? now;
  const nextRunAt = state.nextRunAt !== undefined && state.nextRunAt > Math.min(ended, now)
    ? state.nextRunAt
    : times.after(now, countedFrom);
  if (verdict.is === "restart" && !queued && (nextRunAt ?? Infinity) > now + verdict.inMs) {
    return undefined;
  }
  if (queued) return begun({ ...state, nextRunAt });
  if (nextRunAt === undefined) return over(state, "finished", NO_TIME_LEFT);
  const reason = verdict.is === "failed" ? state.reason ?? verdict.reason : undefined;
  return {
    ...{ ...state, ...NO_RUN, phase: "scheduled", reason, nextRunAt, countedFrom },
    ...{ next: undefined, nextStartAt: undefined },
  };
}

/** A separate run: earlier counts no longer apply. */
function begun(state: KeptState): KeptState {
  return {
    ...{ ...state, ...NO_RUN, ...NO_COUNTS, phase: "starting" },
    ...{ next: undefined, nextStartAt: undefined, queued: undefined, reason: undefined },
  };
}

/** The next time, once one has come. */
function passed(
  { nextRunAt }: KeptState,
  { now, times }: KeptRules,
): Pick<KeptState, "nextRunAt" | "countedFrom"> {
  return counted(now, Math.min(nextRunAt ?? now, now), times);
}

function counted(
  now: number,
  from: number,
  times: RunTimes | undefined,
): Pick<KeptState, "nextRunAt" | "countedFrom"> {
  return { nextRunAt: times?.after(now, from), countedFrom: from };
}
