// Pure: a schedule's times as a systemd timer; systemd.timer(5), systemd.time(7).
import type { KeptSettings } from "../keeper/records/kept_settings.ts";
import { exportHeading, spanText } from "./unit_text.ts";

type Schedule = NonNullable<KeptSettings["schedule"]>;

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const NICKNAMES: Record<string, string> = {
  ...{ "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *" },
  ...{ "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *" },
  "@annually": "0 0 1 1 *",
};

/** The unit beside the service of that name. */
export function timerUnitText(name: string, schedule: Schedule): string {
  const { everyMs, cron, timezone, overlap } = schedule;
  const calendar = cron === undefined ? [] : calendarOf(cron, timezone);
  return [
    exportHeading(`${name}.timer`),
    "[Unit]",
    `Description=Times of ${name}`,
    "",
    "[Timer]",
    ...everyMs === undefined
      ? []
      : [`OnActiveSec=${spanText(everyMs)}`, `OnUnitActiveSec=${spanText(everyMs)}`],
    ...calendar === undefined
      ? [`# --cron '${cron}': it has no counterpart in OnCalendar=, systemd.time(7)`]
      : calendar.map((one) => `OnCalendar=${one}`),
    ...cron === undefined ? [] : ["# A time that was missed is made up for.", "Persistent=true"],
    "AccuracySec=1s",
    ...overlap === "skip"
      ? []
      : [`# --overlap ${overlap}: a timer leaves out what comes while its service runs`],
    "",
    "[Install]",
    "WantedBy=timers.target",
    "",
  ].join("\n");
}

/**
 * OnCalendar= lines for a crontab line; two if both day of the month and day of the week are given: cron needs one of
 * them to match, systemd both.
 * @returns undefined for what cannot be expressed: `15W`
 */
export function calendarOf(cron: string, timezone?: string): string[] | undefined {
  const line = NICKNAMES[cron.trim().toLowerCase()] ?? cron;
  const [minute, hour, day, month, weekday] = line.trim().split(/\s+/);
  const zone = timezone === undefined ? "" : ` ${timezone}`;
  try {
    const time = `${field(hour, 0, 23)}:${field(minute, 0, 59)}:00`;
    const months = field(named(month, MONTHS, 1), 1, 12);
    const days = daysOfMonth(day);
    const weeks = daysOfWeek(weekday);
    const at = ({ week, days }: Days) => `${week}*-${months}${days} ${time}${zone}`;
    const open = (text: string) => text.startsWith("*") || text === "?";
    if (open(day) || open(weekday)) {
      return days.flatMap((one) => weeks.map((other) => at(both(one, other))));
    }
    return [...days, ...weeks].map(at);
  } catch (error) {
    if (error instanceof Unsayable) return undefined;
    throw error;
  }
}

class Unsayable extends Error {}

function field(text: string, least: number, most: number): string {
  return text.split(",").map((part) => {
    const match = /^(\*|\?|\d+)(?:-(\d+))?(?:\/(\d+))?$/.exec(part);
    if (!match) throw new Unsayable();
    const [, from, to, step] = match;
    if (from === "*" || from === "?") return step === undefined ? "*" : `${pad(least)}/${step}`;
    const end = to ?? (step === undefined ? undefined : String(most));
    return `${pad(Number(from))}${end === undefined ? "" : `..${pad(Number(end))}`}${
      step === undefined ? "" : `/${step}`
    }`;
  }).join(",");
}

interface Days {
  /** `Mon,Fri `; empty: all. */
  readonly week: string;
  /** Days of the month with what stands before them: `-01,15`, `~01` for the last one. */
  readonly days: string;
}

const EACH_DAY = "-*";

/** Each one is a line of its own. */
function daysOfMonth(text: string): Days[] {
  const parts = text.split(",");
  const others = parts.filter((part) => part !== "L");
  return [
    ...others.length > 0 ? [`-${field(others.join(","), 1, 31)}`] : [],
    ...others.length < parts.length ? ["~01"] : [],
  ].map((days) => ({ week: "", days }));
}

/** Each one is a line of its own. */
function daysOfWeek(text: string): Days[] {
  if (text === "*" || text === "?") return [{ week: "", days: EACH_DAY }];
  const plain: string[] = [];
  const counted: Days[] = [];
  for (const part of named(text, DAYS.map((day) => day.toLowerCase()), 0).split(",")) {
    const [, day, which] = /^([0-7])(?:#?(L)|#[1-5])$/.exec(part) ?? [];
    if (day === undefined) {
      plain.push(part);
      continue;
    }
    const week = `${DAYS[Number(day) % 7]} `;
    const from = which ? 0 : (Number(part.slice(2)) - 1) * 7 + 1;
    const days = which ? "~07/1" : `-${pad(from)}..${pad(Math.min(from + 6, 31))}`;
    counted.push({ week, days });
  }
  return [...plain.length > 0 ? [{ week: weekdays(plain), days: EACH_DAY }] : [], ...counted];
}

/** What both of them are. */
function both(one: Days, other: Days): Days {
  if (one.days !== EACH_DAY && other.days !== EACH_DAY) throw new Unsayable();
  return {
    week: one.week + other.week,
    days: one.days === EACH_DAY ? other.days : one.days,
  };
}

/** A list of names, the only form that systemd accepts for days of the week. */
function weekdays(parts: readonly string[]): string {
  const chosen = new Set<number>();
  for (const part of parts) {
    const match = /^(\*|\d)(?:-(\d))?(?:\/(\d))?$/.exec(part);
    if (!match) throw new Unsayable();
    const [, from, to, step = "1"] = match;
    const first = from === "*" ? 0 : Number(from);
    const last = from === "*" ? 6 : to !== undefined ? Number(to) : step === "1" ? first : 6;
    if (last > 7 || Number(step) < 1) throw new Unsayable();
    for (let day = first; day <= last; day += Number(step)) chosen.add(day % 7);
  }
  return `${[...chosen].sort().map((day) => DAYS[day]).join(",")} `;
}

function named(text: string, names: readonly string[], first: number): string {
  return text.replace(/[a-z]{3}/gi, (name) => {
    const at = names.indexOf(name.toLowerCase());
    if (at < 0) throw new Unsayable();
    return String(at + first);
  });
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
