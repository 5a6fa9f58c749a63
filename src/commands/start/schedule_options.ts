import type { Option } from "../../cli/options.ts";

/** When it runs, if not all the time. */
export const SCHEDULE_OPTIONS = [
  {
    group: "Schedule",
    name: "every",
    value: "D",
    summary: "run it every D, counted from start to start: 10s, 5m, 1d",
  },
  {
    group: "Schedule",
    name: "cron",
    value: "LINE",
    summary: "run it at the times of a crontab line: '30 3 * * 1-5', @daily",
  },
  {
    group: "Schedule",
    name: "timezone",
    value: "TZ",
    summary: "time zone of --cron: Europe/Berlin, UTC (default: the machine's)",
  },
  {
    group: "Schedule",
    name: "overlap",
    value: "HOW",
    choices: ["skip", "queue", "kill"],
    summary:
      "if it is still running at its next time, or at a change: skip that run (default of schedules), run again afterwards " +
      "(queue), or end it first (kill)",
  },
  {
    group: "Schedule",
    name: "run-now",
    summary: "also run it once now; works for a known NAME too",
  },
] as const satisfies readonly Option[];
