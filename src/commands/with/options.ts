import { JSON_OPTION, type Option } from "../../cli/options.ts";

const HELPERS = "Helpers";
export const WITH_OPTIONS = [
  {
    name: "daemon",
    value: "CMD",
    many: true,
    group: HELPERS,
    summary:
      "a daemonic helper: ended, with everything it has started, after PROGRAM and all plain children",
  },
  {
    name: "plain",
    value: "CMD",
    many: true,
    group: HELPERS,
    summary: "a plain child: imp waits for it after PROGRAM has ended",
  },
  {
    name: "name",
    value: "NAME",
    many: true,
    group: HELPERS,
    summary: "prefix for the lines of the preceding helper (default: its program's name)",
  },
  {
    name: "ready",
    value: "RULE",
    many: true,
    group: HELPERS,
    summary:
      "when the preceding helper is ready: notify, fd:3, tcp:5432, http://localhost:8080/health, file:PATH, " +
      "log:REGEX, cmd:'pg_isready -q', delay:2s; PROGRAM starts when all rules hold",
  },
  {
    name: "ready-timeout",
    value: "D",
    group: HELPERS,
    summary: "longest time for a helper to become ready (default 30s)",
  },
  {
    name: "in-order",
    group: HELPERS,
    summary: "start each helper when the preceding ones are ready",
  },
  {
    name: "shell",
    group: HELPERS,
    summary: "run CMD as a script by /bin/sh, instead of splitting it into words",
  },
  {
    name: "no-children",
    group: HELPERS,
    summary:
      "daemonic helpers may start threads but no process; the kernel refuses, and imp reports it",
  },
  {
    name: "fail-fast",
    summary: "end everything as soon as a helper fails, with exit status 1",
  },
  {
    name: "stop-timeout",
    value: "D",
    summary: "time from TERM to KILL (default 10s)",
  },
  {
    name: "log",
    value: "FILE",
    summary: "append the output of helpers to FILE instead of printing it to stderr",
  },
  { name: "quiet-helpers", summary: "drop the output of helpers" },
  { ...JSON_OPTION, summary: "report everything as JSON, one object per line, on stderr" },
] as const satisfies readonly Option[];
export type WithOption = typeof WITH_OPTIONS[number];
