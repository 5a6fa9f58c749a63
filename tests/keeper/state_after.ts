import type { KeptEvent, KeptRules } from "../../src/keeper/policy/kept_event.ts";
import { nextKeptStep } from "../../src/keeper/policy/state.ts";
import type { KeptState } from "../../src/keeper/records/kept_state.ts";

/** After one event after the other. */
export function stateAfter(
  state: KeptState,
  rules: KeptRules,
  ...events: KeptEvent[]
): KeptState {
  return events.reduce((before, event) => nextKeptStep(before, event, rules).state, state);
}
