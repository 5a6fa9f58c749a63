import type { Option } from "../../cli/options.ts";

/** When it runs, if not all the time. */
export const SCHEDULE_OPTIONS = [
  {
    group: "Schedule",
    name: "every",
    value: "D",
    summary: "run it each D, counted from start to start, not all the time: 10s, 5m, 1d",
  },
  {
    group: "Schedule",
    name: "cron",
    value: "LINE",
    summary: "run it at the times of a crontab's line: '30 3 * * 1-5', @daily",
  },
  {
    group: "Schedule",
    name: "timezone",
    value: "TZ",
    summary: "whose time --cron means: Europe/Berlin, UTC (default: the machine's)",
  },
  {
    group: "Schedule",
    name: "overlap",
    value: "HOW",
    choices: ["skip", "queue", "kill"],
    summary: "when it still runs at its next time, or change: leave that out, run after it, end it",
  },
  {
    group: "Schedule",
    name: "run-now",
    summary: "run it once at once, too; also of a NAME that is known",
  },
] as const satisfies readonly Option[];
