// Building blocks of the cells in state.ts.
import type { KeptStep } from "./kept_event.ts";
import type { KeptPhase, KeptState } from "../records/kept_state.ts";

/** The fields of a state that belong to one run. */
export const NO_RUN = {
  program: undefined,
  adopted: undefined,
  runId: undefined,
  readyAt: undefined,
  reloading: undefined,
  stopsItself: undefined,
  statusText: undefined,
  hung: undefined,
  health: undefined,
  endedBy: undefined,
  handedOver: undefined,
  oomKills: undefined,
  rssFloorBytes: undefined,
  callers: undefined,
  idle: undefined,
  frozen: undefined,
  startedFor: undefined,
};

/** What was counted since the last requested start. */
export const NO_COUNTS = {
  restarts: 0,
  failures: 0,
  restartTimes: [],
  unserved: undefined,
} as const;

/** The fields that belong to a schedule, or to what it waits for. */
const NO_SCHEDULE = {
  ...{ nextRunAt: undefined, countedFrom: undefined, queued: undefined },
  ...{ changes: undefined, pendingSince: undefined },
} as const;

/** The tree should end; the first reason is kept: a stop stays a stop. */
export function endTree(state: KeptState, next: KeptState["next"], by: string): KeptStep {
  return stay({ ...state, phase: "stopping", next, endedBy: state.endedBy ?? by });
}

export function over(state: KeptState, phase: KeptPhase, reason?: string): KeptState {
  return {
    ...{ ...state, ...NO_RUN, ...NO_SCHEDULE, phase, reason },
    next: undefined,
    nextStartAt: undefined,
  };
}

export function stay(state: KeptState): KeptStep {
  return { state, actions: [] };
}
