// Crontab lines. The only module that loads croner, when a time is needed.
import { Cron } from "croner";
import { UsageError } from "../../base/errors.ts";
import { mistakeInFields } from "./cron_fields.ts";
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
    cron = new Cron(withListedMinutes(expression), {
      timezone,
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

function refuseOtherForms(expression: string): void {
  const fields = expression.trim().split(/\s+/);
  const [first] = fields;
  if (fields.length === 5) return;
  if (first.startsWith("@") && fields.length === 1) {
    if (NICKNAMES.includes(first.toLowerCase())) return;
    throw new UsageError(`--cron '${expression}' is not known`, `use ${NICKNAMES.join(", ")}`);
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

/**
 * Steps of minutes within given hours, listed one by one: these are as fixed as a list, and treated so at daylight
 * saving changes. In every hour they stay steps, which follow elapsed time.
 */
function withListedMinutes(expression: string): string {
  const fields = expression.trim().split(/\s+/);
  const step = /^\*(?:\/(\d{1,2}))?$/.exec(fields[0]);
  if (fields.length !== 5 || !step || !/^[\d,-]+$/.test(fields[1])) return expression.trim();
  const by = Number(step[1] ?? 1);
  // What is wrong is said by who reads it.
  if (by < 1 || by > 59) return expression.trim();
  const minutes = Array.from({ length: Math.ceil(60 / by) }, (_, i) => i * by);
  return [minutes.join(","), ...fields.slice(1)].join(" ");
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/^Cron\w+: /, "");
}
