import { JSON_OPTION, type Option } from "../../cli/options.ts";
import { ACCESS_OPTIONS, QUEUE_OPTION } from "../queues/access_options.ts";

export const RUNS_OPTIONS = [
  {
    group: "Queue",
    name: "on",
    value: "URL",
    summary: "servers of NATS: nats://HOST:PORT,HOST:PORT or tls://... (default: NATS_URL)",
  },
  QUEUE_OPTION,
  ...ACCESS_OPTIONS,
  {
    name: "all",
    short: "a",
    summary: "every run that it can be done to; remove and retry: those that are over",
  },
  { name: "force", summary: "remove runs that are not over, too" },
  { name: "given-up", summary: "with failures: jobs that used up their deliveries, only" },
  {
    name: "yes",
    short: "y",
    summary: "with remove: do not ask before it; needed without a terminal",
  },
  {
    group: "Settings",
    name: "keep-age",
    value: "D",
    summary: "remove runs so long after their last result; 'none': never",
  },
  {
    group: "Settings",
    name: "keep-size",
    value: "SIZE",
    summary: "remove the oldest runs while results take more than SIZE; 'none': any",
  },
  {
    group: "Settings",
    name: "rate",
    value: "N/D",
    summary: "start N jobs in D, all workers together: 10/s, 1/5s; 'none': at once",
  },
  JSON_OPTION,
] as const satisfies readonly Option[];
export type RunsOption = typeof RUNS_OPTIONS[number];
