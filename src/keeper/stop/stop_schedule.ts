// Pure: the steps by which a command stops a kept daemon.
import { SIGHUP, SIGTERM } from "../../libc/abi.ts";
import type { StopSchedule, StopStep } from "../../termination/schedule.ts";
import type { StopGrace } from "./stop_outcome.ts";

const DEFAULT_STEP = { signal: SIGTERM, wait: 10_000 };

/**
 * The default steps. On a terminal HUP comes first, as when a terminal is closed: interactive shells ignore TERM there.
 * TERM follows for those that ignore HUP.
 * @param wait of all steps together
 */
export function usualStop(terminal: boolean, wait: number): readonly StopStep[] {
  if (!terminal) return [{ signal: SIGTERM, wait }];
  const half = Math.ceil(wait / 2);
  return [{ signal: SIGHUP, wait: half }, { signal: SIGTERM, wait: wait - half }];
}

/** @param set the configured steps, if they can be read */
export function stopScheduleOf(set: readonly StopStep[] = [], grace: StopGrace): StopSchedule {
  const steps = set.length > 0 ? set : [DEFAULT_STEP];
  // And one more when the keepers have left: awaitLeaving.
  const quietLooks = 2;
  if (grace === "as set") return { steps, quietLooks };
  if (grace === "none") return { steps: [], quietLooks };
  return { steps: [{ signal: steps[0].signal, wait: grace.ms }], quietLooks };
}
