import type { ProcessIdentity } from "../../termination/identity.ts";
import { identityOf } from "../../termination/identity.ts";
import type { KeeperPage } from "../waiter/keeper_page.ts";
import { type NotifyFacts, withTold } from "../ready/notifications.ts";
import { usesNotify } from "../records/kept_settings.ts";
import { NOTIFY_WATCHED, takeNotifications } from "../ready/notify.ts";
import { WAITER_FD } from "../waiter/page_layout.ts";
import type { KeptState } from "../records/kept_state.ts";
import type { TurnRecords } from "./turn_records.ts";
import { watchedSlot } from "./watched_slot.ts";
import { userOfKept } from "./turn_user.ts";
import { beginWatchdogAnew } from "../ready/watchdog.ts";

export interface WatchedTold {
  readonly state: KeptState;
  /** What it has declared as its main process. */
  readonly heir?: ProcessIdentity;
  readonly facts?: NotifyFacts;
}

/** Events of a daemon's watched descriptors: its socket for sd_notify(3), the pidfd of an adopted program. */
export function takeWatched(records: TurnRecords, page: KeeperPage): WatchedTold {
  const { settings, state } = records;
  const ready = page.takeReady();
  const pidfd = watchedSlot("adopted");
  // It stays readable, even if the state no longer mentions it: after a turn has ended the program.
  if (pidfd !== undefined && ready.includes(pidfd)) page.unwatch(pidfd);
  return usesNotify(settings) ? takeNotified(records, page) : { state };
}

/** What the program has sent by sd_notify(3). */
export function takeNotified({ settings, state }: TurnRecords, page: KeeperPage): WatchedTold {
  const roots = [page.guard, page.keeper].filter((pid) => pid > 1);
  const socket = WAITER_FD.watched + NOTIFY_WATCHED;
  const facts = takeNotifications(socket, { roots, uid: userOfKept(settings) });
  if (!facts) return { state };
  const { mainPid, watchdog } = facts;
  const heir = mainPid === undefined || mainPid === state.program?.pid
    ? undefined
    : identityOf(mainPid);
  if (watchdog === "ping") beginWatchdogAnew(page);
  const hung = watchdog === "trigger" ? { hung: true } : {};
  if (heir) page.program = heir.pid;
  return { state: { ...withTold(state, facts, Date.now()), ...hung }, heir, facts };
}
