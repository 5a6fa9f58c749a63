// What the cells of the table in state.ts are made of.
import type { KeptStep } from "./kept_event.ts";
import type { KeptPhase, KeptState } from "../records/kept_state.ts";

/** What of a state belongs to one run. */
export const NO_RUN = {
  program: undefined,
  adopted: undefined,
  runId: undefined,
  readyAt: undefined,
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

/** What has been counted since the last start that was asked for. */
export const NO_COUNTS = {
  restarts: 0,
  failures: 0,
  restartTimes: [],
  unserved: undefined,
} as const;

/** What of a state belongs to a schedule, or to what it waits for. */
const NO_SCHEDULE = {
  ...{ nextRunAt: undefined, countedFrom: undefined, queued: undefined },
  ...{ changes: undefined, pendingSince: undefined },
} as const;

/** The tree is to end; what was wanted first is not forgotten: a stop stays a stop. */
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
