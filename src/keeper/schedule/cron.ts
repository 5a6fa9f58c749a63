// Crontab lines. The only module that loads croner, when a time is needed.
import { Cron } from "croner";
import { UsageError } from "../../base/errors.ts";
import { mistakeInFields } from "./cron_fields.ts";
import { withListedTimes } from "./cron_listed.ts";
import { anchorOfTimes, type RunTimes, searchFrom } from "./times.ts";

const FIELDS = "minute hour day month weekday, as in '30 3 * * 1-5'";
const NICKNAMES = ["@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually"];

/**
 * The times of a crontab line.
 * @param timezone undefined: the machine's, or TZ; read now
 * @throws UsageError for an invalid line, or an unknown time zone
 */
export function cronTimes(expression: string, timezone?: string): RunTimes {
  refuseOtherForms(expression);
  if (timezone !== undefined) refuseUnknownZone(timezone);
  let cron: Cron;
  try {
    const fields = expression.trim().split(/\s+/);
    cron = new Cron(withListedTimes(fields), {
      timezone,
      domAndDow: bothDaysHold(fields),
      paused: true,
      mode: "5-part",
      // Lists and ranges of hours, too, are made up for when the clock is set forward, and not repeated when it is set
      // back.
      fixedTimeRule: "no-wildcard",
    });
  } catch (error) {
    const why = mistakeInFields(expression) ?? reasonOf(error);
    throw new UsageError(`--cron '${expression}': ${why}`, FIELDS);
  }
  return {
    anchor: anchorOfTimes,
    after: (moment, countedFrom) =>
      cron.nextRun(new Date(searchFrom(moment, countedFrom)))?.getTime(),
  };
}

/** @throws UsageError also for times that never come */
export function checkCron(expression: string, timezone: string | undefined, now: number): void {
  if (cronTimes(expression, timezone).after(now, now) !== undefined) return;
  throw new UsageError(
    `--cron '${expression}' never comes`,
    "its days and months have no date in common",
  );
}

// In cron, a field of days that begins with `*` holds together with the other one, also with a step:
// `0 0 1-7 * */7` is the first Sunday of the month.
function bothDaysHold([, , day = "", , weekday = ""]: readonly string[]): boolean {
  return /^[*?]/.test(day) || /^[*?]/.test(weekday);
}

function refuseOtherForms(expression: string): void {
  const fields = expression.trim().split(/\s+/);
  const [first, second] = fields;
  if (fields.length === 5) return;
  if (first.toLowerCase() === "@every" && fields.length === 2) {
    throw new UsageError(`--cron '${expression}' is not known`, `write --every ${second}`);
  }
  if (first.startsWith("@") && fields.length === 1) {
    if (NICKNAMES.includes(first.toLowerCase())) return;
    throw new UsageError(
      `--cron '${expression}' is not known`,
      first.toLowerCase() === "@reboot"
        ? "leave it out: imp boot --install starts daemons at boot"
        : `use ${NICKNAMES.join(", ")}`,
    );
  }
  const zone = /^(?:CRON_)?TZ=(.+)$/.exec(first)?.[1];
  if (zone !== undefined && fields.length > 1) {
    throw new UsageError(
      `--cron '${expression}' has a time zone; that is an option of its own`,
      `write --cron '${fields.slice(1).join(" ")}' --timezone ${zone}`,
    );
  }
  if (fields.length === 6 || fields.length === 7) {
    throw new UsageError(
      `--cron '${expression}' has ${fields.length} fields; a line of a crontab has five, and no seconds`,
      `${FIELDS}; more often than each minute: --every 10s`,
    );
  }
  throw new UsageError(`--cron '${expression}' is not a line of a crontab`, FIELDS);
}

/** @throws UsageError */
function refuseUnknownZone(timezone: string): void {
  try {
    new Intl.DateTimeFormat("en", { timeZone: timezone });
    // croner does not take an offset as a name.
    if (!/^[+-]/.test(timezone) && timezone !== "") return;
  } catch {
    // Told below.
  }
  throw new UsageError(
    `--timezone '${timezone}' is not known`,
    "use a name of the tz database: Europe/Berlin, America/New_York, UTC",
  );
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/^Cron\w+: /, "");
}
