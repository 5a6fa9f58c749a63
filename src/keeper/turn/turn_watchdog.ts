import type { KeeperPage } from "../waiter/keeper_page.ts";
import { usesNotify } from "../records/kept_settings.ts";
import type { TurnRecords } from "./turn_records.ts";

/** A turn's work on its daemon's watchdog, watchdog.ts; most daemons have none. */
export class TurnWatchdog {
  constructor(private readonly records: TurnRecords, private readonly page: KeeperPage) {}

  /** Its time is over. A ping that nobody has read may have come: then it restarts when that is read. */
  async isOver(): Promise<boolean> {
    const { state, settings } = this.records;
    if (settings.watchdogMs === undefined || state.phase !== "running") return false;
    return (await import("../ready/watchdog.ts")).isWatchdogOver();
  }

  /** At the end of a turn. */
  async tend(): Promise<void> {
    const { settings, state } = this.records;
    if (!this.page.takesPings && !usesNotify(settings)) return;
    (await import("../ready/watchdog.ts")).tendWatchdog(this.page, settings, state);
  }

  /** Before a start: the last run's time does not apply to the next. */
  async end(): Promise<void> {
    if (this.page.takesPings) (await import("../ready/watchdog.ts")).endWatchdog(this.page);
  }
}
