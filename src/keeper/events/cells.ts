// Cells of the table in state.ts for daemons started by changes, or waiting for files and ports.
import type { KeptEvent, KeptRules, KeptStep } from "../policy/kept_event.ts";
import type { RestartVerdict } from "../policy/restart_policy.ts";
import { endTree, NO_COUNTS, NO_RUN, stay } from "../policy/state_parts.ts";
import type { KeptState } from "../records/kept_state.ts";

type Changed = Extract<KeptEvent, { type: "changed" }>;

/** A requested start waits for the first change. */
export function postponed(starting: KeptState): KeptState {
  return { ...starting, phase: "watching" };
}

/** It runs. */
export function changesInTime(state: KeptState, { path }: Changed, rules: KeptRules): KeptStep {
  // It is about to be started, which comes after the change.
  if (!state.program) return stay(state);
  switch (rules.settings.onChange?.overlap) {
    case "kill":
      return endTree(state, "run", `imp keeper: ${path} changed`);
    case "queue":
      return stay({ ...state, queued: true });
    default:
      return stay(state);
  }
}

/** It is being ended. */
export function changesInStop(state: KeptState, _: Changed, { settings }: KeptRules): KeptStep {
  if (state.next !== undefined) return stay(state);
  switch (settings.onChange?.overlap) {
    case "kill":
      return stay({ ...state, next: "run" });
    case "queue":
      return stay({ ...state, queued: true });
    default:
      return stay(state);
  }
}

/** Nothing runs. */
export function changesAtRest(state: KeptState): KeptStep {
  return stay(startedByChange(state));
}

/** A separate run: earlier failures no longer count. */
export function startedByChange(state: KeptState): KeptState {
  const { restarts, changes } = state;
  return {
    ...{ ...state, ...NO_RUN, ...NO_COUNTS, phase: "starting", restarts: restarts + 1 },
    ...{ next: undefined, nextStartAt: undefined, queued: undefined, reason: undefined },
    startedFor: changes?.last && `${changes.last.path} changed`,
  };
}

/**
 * What follows a run, unless it is retried.
 * @returns undefined: it is
 */
export function restsForChange(state: KeptState, verdict: RestartVerdict): KeptState | undefined {
  if (state.queued) return startedByChange(state);
  if (verdict.is === "restart") return undefined;
  const reason = verdict.is === "failed" ? state.reason ?? verdict.reason : undefined;
  return {
    ...{ ...state, ...NO_RUN, phase: "watching", reason },
    ...{ next: undefined, nextStartAt: undefined, startedFor: state.startedFor },
  };
}

/** A start waits. */
export function isHeld(
  state: KeptState,
  { reason }: Extract<KeptEvent, { type: "held" }>,
  { now }: KeptRules,
): KeptStep {
  const pendingSince = state.pendingSince ?? now;
  return stay({ ...state, phase: "pending", reason, pendingSince, nextStartAt: undefined });
}

export function isMet(state: KeptState): KeptStep {
  return stay({ ...state, phase: "starting", reason: undefined });
}
