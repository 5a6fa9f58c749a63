import type { Option } from "../../cli/options.ts";

/** Whether it does its work while it runs. */
export const HEALTH_OPTIONS = [
  {
    group: "Health",
    name: "health",
    value: "RULE",
    many: true,
    summary: "probe it at intervals: tcp:5432, http://localhost:8080/health, " +
      "cmd:'pg_isready -q', log-silence:5m; several must all hold",
  },
  {
    group: "Health",
    name: "health-every",
    value: "D",
    summary: "how often (default 10s)",
  },
  {
    group: "Health",
    name: "health-timeout",
    value: "D",
    summary: "how long an answer may take (default 5s, at most --health-every)",
  },
  {
    group: "Health",
    name: "health-retries",
    value: "N",
    summary: "it is unhealthy after N failures in a row (default 3)",
  },
  {
    group: "Health",
    name: "health-start",
    value: "D",
    summary:
      "it is ready when the rules hold for the first time; if they do not within D, it has failed",
  },
  {
    group: "Health",
    name: "health-restart",
    summary: "restart it when it is unhealthy (default: only show it)",
  },
  {
    group: "Health",
    name: "on-unhealthy",
    value: "CMD",
    summary: "run CMD when it becomes unhealthy, before a restart",
  },
] as const satisfies readonly Option[];
export type HealthOption = typeof HEALTH_OPTIONS[number];
