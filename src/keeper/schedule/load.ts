import type { TurnRecords } from "../turn/turn_records.ts";
import { everyTimes, type RunTimes } from "./times.ts";

/**
 * The times of a daemon's schedule, by the current clock and time zone. The crontab parser is loaded only for such a
 * line. An invalid schedule counts as lost: undefined.
 */
export async function runTimesOf(records: TurnRecords): Promise<RunTimes | undefined> {
  const { everyMs, cron = "", timezone } = records.settings.schedule ?? {};
  if (everyMs !== undefined) return everyTimes(everyMs);
  try {
    const { cronTimes } = await import("./cron.ts");
    return cronTimes(cron, timezone);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    records.lost = error.message;
    return undefined;
  }
}
