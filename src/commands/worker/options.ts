import type { Option } from "../../cli/options.ts";
import { USER_OPTION } from "../daemon/shared_options.ts";
import { ACCESS_OPTIONS, QUEUE_OPTION } from "../queues/access_options.ts";

/** What a worker runs, as whom and where: for all of its clients. */
export const RULE_OPTIONS = [
  {
    group: "What is run",
    name: "allow",
    value: "PROGRAM|DIR",
    many: true,
    summary: "run PROGRAM, or what lies in DIR, and nothing else",
  },
  {
    group: "What is run",
    name: "allow-any",
    summary: "run whatever clients ask for",
  },
  {
    group: "What is run",
    name: "allow-env",
    value: "NAME",
    many: true,
    summary: "with --allow: jobs may bring a variable NAME along",
  },
  {
    ...USER_OPTION,
    group: "What is run",
    summary: "run jobs as USER, with USER's groups, HOME, USER, LOGNAME and SHELL",
  },
  {
    group: "What is run",
    name: "workdir",
    aliases: ["--wd"],
    value: "DIR",
    summary: "run jobs in DIR (default: where the worker was started)",
  },
] as const satisfies readonly Option[];

export const WORKER_OPTIONS = [
  {
    name: "on",
    value: "URL",
    summary: "take jobs of a queue on servers of NATS: nats://HOST:PORT,HOST:PORT, or tls://...",
  },
  {
    name: "stdio",
    summary: "take jobs on stdin and answer on stdout, as imp pool over hosts has it",
  },
  ...RULE_OPTIONS,
  QUEUE_OPTION,
  ...ACCESS_OPTIONS,
  {
    group: "Queue",
    name: "jobs",
    short: "j",
    value: "N",
    summary: "run N jobs at once: 8, 150% of the cores, +2 more than these (default 100%)",
  },
  { group: "Queue", name: "drain", summary: "leave when the queue is empty" },
  {
    group: "Queue",
    name: "deliveries",
    value: "N",
    summary: "give up a job that was given to workers N times without a result (default 5)",
  },
  {
    group: "Queue",
    name: "ack-wait",
    value: "D",
    summary: "for a new queue: jobs of a worker that is silent for D go to others (default 30s)",
  },
  {
    group: "Queue",
    name: "replicas",
    value: "N",
    summary: "for a new queue: so many servers keep each job (default: 3 in a cluster, else 1)",
  },
] as const satisfies readonly Option[];
export type WorkerOption = typeof WORKER_OPTIONS[number];
