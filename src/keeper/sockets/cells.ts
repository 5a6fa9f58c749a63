// Cells of the table in state.ts for on-demand daemons.
import type { KeptEvent, KeptRules, KeptStep } from "../policy/kept_event.ts";
import { endTree, NO_RUN, over, stay } from "../policy/state_parts.ts";
import type { RestartVerdict } from "../policy/restart_policy.ts";
import type { KeptState } from "../records/kept_state.ts";

/** How many consecutive runs may leave the connections waiting for which they were started. */
export const MOST_UNSERVED = 5;

/** Nothing runs, and its sockets are watched. */
export function listening(state: KeptState): KeptState {
  return {
    ...{ ...state, ...NO_RUN, phase: "listening", reason: undefined },
    ...{ startedAt: undefined, next: undefined, nextStartAt: undefined },
  };
}

/** Somebody has connected. */
export function called(
  state: KeptState,
  { callers }: Extract<KeptEvent, { type: "called" }>,
): KeptStep {
  return stay({ ...state, phase: "starting", callers });
}

/** Nobody is connected, and has not been for long. */
export function idle(state: KeptState, { by }: Extract<KeptEvent, { type: "idle" }>): KeptStep {
  return endTree(state, "listen", by);
}

/** The pause before the next start is over. */
export function due(state: KeptState, _: unknown, { onDemand }: KeptRules): KeptStep {
  if (onDemand) return stay({ ...listening(state), reason: state.reason });
  return stay({ ...state, phase: "starting", nextStartAt: undefined });
}

/**
 * What follows a run, unless there is a pause first.
 * @returns undefined: as for other daemons
 */
export function afterServing(state: KeptState, verdict: RestartVerdict): KeptState | undefined {
  const { unserved = 0 } = state;
  if (unserved >= MOST_UNSERVED) {
    return over(
      { ...state, unserved: undefined },
      "failed",
      `started ${unserved} times in a row by connections that it has not accepted: ` +
        "does it take its sockets from LISTEN_FDS?",
    );
  }
  switch (verdict.is) {
    case "finished":
      return { ...listening(state), failures: 0 };
    case "restart":
      return verdict.inMs > 0 ? undefined : { ...listening(state), ...verdict.counts };
    default:
      return undefined;
  }
}
