import { setTimer } from "../../libc/descriptors/timer.ts";
import { WAITER_FD } from "../waiter/page_layout.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import type { KeptState } from "../records/kept_state.ts";
import type { TurnRecords } from "./turn_records.ts";

/** The next turn sets it again. */
const LONGEST_TIMER_MS = 24 * 3600_000;
/** A state that there was no room for is written as soon as possible: commands wait for it. */
const UNSAVED_LOOK_MS = 2000;

/**
 * Starts the next turn after some time, if nothing happens before; with a schedule also at its next time, which moves
 * with the clock.
 * @param wanted milliseconds; Infinity: no turn is needed
 */
export function setTurnTimer({ state, settings, unsaved }: TurnRecords, wanted: number): void {
  // A waiting start uses the timer for that.
  const next = Math.min(wanted, (state.changes?.lookAt ?? Infinity) - Date.now());
  const ms = unsaved && state.phase !== "waiting" ? Math.min(next, UNSAVED_LOOK_MS) : next;
  const after = Math.max(1, Math.min(ms, LONGEST_TIMER_MS));
  const at = scheduledTime(state, settings);
  // A time in which the machine is suspended counts for a lifetime, and only a time of the clock is looked at when it wakes up.
  if (at !== undefined || (state.phase === "running" && ms !== Infinity)) {
    setTimer(WAITER_FD.timer, { at: Math.min(at ?? Infinity, Date.now() + after) });
  } else setTimer(WAITER_FD.timer, ms === Infinity ? "never" : { after });
}

/** A time that comes while it runs needs no turn, unless something is done then. */
function scheduledTime(
  { phase, nextRunAt, queued }: KeptState,
  { schedule }: Pick<KeptSettings, "schedule">,
): number | undefined {
  const isBetween = phase === "scheduled" || phase === "waiting";
  const isAwaited = schedule && schedule.overlap !== "skip" && !queued;
  return isBetween || isAwaited ? nextRunAt : undefined;
}
