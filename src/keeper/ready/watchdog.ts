// The watchdog of sd_notify(3): its timer is one of the waiters' watched descriptors, and restarts with every ping.
import { POLLIN } from "../../libc/abi.ts";
import { moveUp, readLink } from "../../libc/descriptors/files.ts";
import { PollSet } from "../../libc/descriptors/poll.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { openTimer, setTimer } from "../../libc/descriptors/timer.ts";
import type { KeeperPage } from "../waiter/keeper_page.ts";
import { usesNotify } from "../records/kept_settings.ts";
import { NOTIFY_WATCHED, openKeptNotify } from "./notify.ts";
import { WAITER_FD } from "../waiter/page_layout.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import type { KeptState } from "../records/kept_state.ts";

const TIMER_FD = WAITER_FD.watched + NOTIFY_WATCHED + 1;

type Notified = Pick<KeptSettings, "ready" | "watchdogMs">;

/** What such a daemon's waiters watch for notifications. @param adopted as for openKeptNotify @throws ImpError */
export function openNotified(settings: Notified, adopted?: number): number[] {
  if (!usesNotify(settings)) return [];
  const socket = openKeptNotify(adopted);
  return settings.watchdogMs === undefined ? [socket] : [socket, moveUp(openTimer(), FLOOR.job)];
}

/** In a turn: the program has missed its ping, unless there is one that nobody has read. */
export function isWatchdogOver(): boolean {
  if (!hasTimer()) return false;
  const polled = new PollSet(1);
  polled.watch(0, TIMER_FD, POLLIN);
  return polled.wait(0) > 0;
}

/** In a turn: the program has pinged, and the turn has read it. */
export function beginWatchdogAnew(page: KeeperPage): void {
  if (page.takesPings && page.pingedWithin > 0) setTimer(TIMER_FD, { after: page.pingedWithin });
}

/** In a turn, at its end: waiters handle pings while the program runs, and the time starts then. */
export function tendWatchdog(
  page: KeeperPage,
  settings: Notified,
  { phase, watchdogMs = settings.watchdogMs }: Pick<KeptState, "phase" | "watchdogMs">,
): void {
  if (phase !== "running" || !usesNotify(settings)) return endWatchdog(page);
  // Without --watchdog there is no timer, whatever the program sends.
  if (watchdogMs === undefined || !hasTimer()) return page.takePings(-1);
  if (watchdogMs === 0) {
    setTimer(TIMER_FD, "never");
    return page.takePings(-1);
  }
  if (page.takesPings && page.pingedWithin === watchdogMs) return;
  setTimer(TIMER_FD, { after: watchdogMs });
  page.takePings(TIMER_FD, watchdogMs);
}

/** In a turn: no run is watched. */
export function endWatchdog(page: KeeperPage): void {
  // Otherwise its readiness would start turn after turn.
  if (hasTimer()) setTimer(TIMER_FD, "never");
  page.leavePings();
}

/** Waiters started with other settings have none. */
function hasTimer(): boolean {
  return readLink(`/proc/self/fd/${TIMER_FD}`) === "anon_inode:[timerfd]";
}
