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
    summary: "run only PROGRAM, or the programs in DIR and below",
  },
  {
    group: "What is run",
    name: "allow-any",
    summary: "run any program",
  },
  {
    group: "What is run",
    name: "allow-calls",
    summary: "call functions of modules that clients send (imp pool --call): any code of theirs",
  },
  {
    group: "What is run",
    name: "allow-env",
    value: "NAME",
    many: true,
    summary: "with --allow: jobs may set the variable NAME",
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
    summary: "take jobs from a queue on NATS servers: nats://HOST:PORT,HOST:PORT, or tls://...",
  },
  {
    name: "stdio",
    summary: "read jobs from stdin and write results to stdout, for imp pool -S",
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
  {
    group: "Queue",
    name: "tag",
    value: "TAG",
    many: true,
    summary: "also take jobs that need TAG (imp pool --needs TAG)",
  },
  { group: "Queue", name: "drain", summary: "leave when no job is waiting" },
  {
    group: "Queue",
    name: "deliveries",
    value: "N",
    summary: "give up a job after N starts without a result (default 5)",
  },
  {
    group: "Queue",
    name: "ack-wait",
    value: "D",
    summary: "for a new queue: if a worker is silent for D, others get its jobs (default 30s)",
  },
  {
    group: "Queue",
    name: "replicas",
    value: "N",
    summary: "for a new queue: N servers store each job (default: 3 in a cluster, else 1)",
  },
] as const satisfies readonly Option[];
export type WorkerOption = typeof WORKER_OPTIONS[number];
