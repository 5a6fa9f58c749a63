import type { Option } from "../../cli/options.ts";
import { USER_OPTION } from "../daemon/shared_options.ts";

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
    name: "stdio",
    summary: "take jobs on stdin and answer on stdout, as imp pool over hosts has it",
  },
  ...RULE_OPTIONS,
] as const satisfies readonly Option[];
export type WorkerOption = typeof WORKER_OPTIONS[number];
