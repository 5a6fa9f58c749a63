import { setTimer } from "../libc/descriptors/timer.ts";
import { WAITER_FD } from "./page_layout.ts";
import type { TurnRecords } from "./turn_records.ts";

/** The next turn sets it again. */
const LONGEST_TIMER_MS = 24 * 3600_000;
/** A state that there was no room for is written as soon as there is: commands wait for it. */
const UNSAVED_LOOK_MS = 2000;

/**
 * Has the next turn begin after some time, if nothing happens before.
 * @param wanted milliseconds; Infinity: no turn is needed
 */
export function setTurnTimer({ state, unsaved }: TurnRecords, wanted: number): void {
  // What waits for its start takes the timer for that.
  const ms = unsaved && state.phase !== "waiting" ? Math.min(wanted, UNSAVED_LOOK_MS) : wanted;
  const after = Math.max(1, Math.min(ms, LONGEST_TIMER_MS));
  setTimer(WAITER_FD.timer, ms === Infinity ? "never" : { after });
}
