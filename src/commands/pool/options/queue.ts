import type { Option } from "../../../cli/options.ts";
import { ACCESS_OPTIONS, QUEUE_OPTION } from "../../queues/access_options.ts";

/** Jobs through a queue. */
export const QUEUE_OPTIONS = [
  {
    group: "Queue",
    name: "on",
    value: "URL",
    summary:
      "give jobs to a queue on servers of NATS, for workers anywhere (imp worker --on): nats://HOST:PORT,HOST:PORT or tls://...; -j: so many in the queue at once (default 4096)",
  },
  QUEUE_OPTION,
  {
    group: "Queue",
    name: "at-most-once",
    summary: "a job whose worker is lost has failed; else another worker runs it again",
  },
  {
    group: "Queue",
    name: "priority",
    value: "WHICH",
    choices: ["high", "normal", "low"],
    summary: "workers take jobs of a higher priority first: high, normal, low (default normal)",
  },
  {
    group: "Queue",
    name: "needs",
    value: "TAG",
    summary: "jobs are for workers with this tag only: imp worker --tag TAG",
  },
  {
    group: "Queue",
    name: "not-before",
    value: "WHEN",
    summary: "begin no job before: in 10m, at 22:30, at '2026-11-30 14:30'",
  },
  {
    group: "Queue",
    name: "detach",
    summary: "leave when the queue has all jobs, and print the name of the run",
  },
  {
    group: "Queue",
    name: "attach",
    value: "RUN",
    summary: "print what is missing of a run: its pool was detached, or killed",
  },
  ...ACCESS_OPTIONS,
] as const satisfies readonly Option[];
