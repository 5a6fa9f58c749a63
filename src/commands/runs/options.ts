import { JSON_OPTION, type Option } from "../../cli/options.ts";
import { ACCESS_OPTIONS, QUEUE_OPTION } from "../queues/access_options.ts";

export const RUNS_OPTIONS = [
  {
    group: "Queue",
    name: "on",
    value: "URL",
    summary: "NATS servers: nats://HOST:PORT,HOST:PORT or tls://... (default: $NATS_URL)",
  },
  QUEUE_OPTION,
  ...ACCESS_OPTIONS,
  {
    name: "all",
    short: "a",
    summary: "every run that this applies to; remove, retry: every run that is over",
  },
  { name: "force", summary: "with remove: also runs that are not over" },
  { name: "given-up", summary: "with failures: only jobs that used up their deliveries" },
  {
    name: "yes",
    short: "y",
    summary: "with remove: do not ask for confirmation; needed without a terminal",
  },
  {
    group: "Settings",
    name: "keep-age",
    value: "D",
    summary: "remove a run D after its last result; 'none': never",
  },
  {
    group: "Settings",
    name: "keep-size",
    value: "SIZE",
    summary: "remove the oldest runs while results take more than SIZE; 'none': no limit",
  },
  {
    group: "Settings",
    name: "rate",
    value: "N/D",
    summary: "start at most N jobs per D, by all workers together: 10/s, 1/5s; 'none': no limit",
  },
  JSON_OPTION,
] as const satisfies readonly Option[];
export type RunsOption = typeof RUNS_OPTIONS[number];
