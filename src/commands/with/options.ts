import { JSON_OPTION, type Option } from "../../cli/options.ts";

const HELPERS = "Helpers";
export const WITH_OPTIONS = [
  {
    name: "daemon",
    value: "CMD",
    many: true,
    group: HELPERS,
    summary:
      "a daemonic helper: ended, with all it started, when PROGRAM and every plain child have ended",
  },
  {
    name: "plain",
    value: "CMD",
    many: true,
    group: HELPERS,
    summary: "a plain child: imp waits for its end after PROGRAM's",
  },
  {
    name: "name",
    value: "NAME",
    many: true,
    group: HELPERS,
    summary: "what the lines of the helper before it begin with (default: its program's name)",
  },
  {
    name: "ready",
    value: "RULE",
    many: true,
    group: HELPERS,
    summary:
      "when the helper before it is ready: notify, fd:3, tcp:5432, http://localhost:8080/health, file:PATH, " +
      "log:REGEX, cmd:'pg_isready -q', delay:2s; PROGRAM starts when all rules hold",
  },
  {
    name: "ready-timeout",
    value: "DURATION",
    group: HELPERS,
    summary: "how long a helper may take to become ready (default 30s)",
  },
  {
    name: "in-order",
    group: HELPERS,
    summary: "start a helper only when those before it are ready",
  },
  {
    name: "shell",
    group: HELPERS,
    summary:
      "CMD is a script for /bin/sh; else it is split into words, and nothing in it is executed",
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
    value: "DURATION",
    summary: "how long what is ended may take after TERM before it is killed (default 10s)",
  },
  {
    name: "log",
    value: "FILE",
    summary: "append what helpers print to FILE instead of printing it to stderr",
  },
  { name: "quiet-helpers", summary: "drop what helpers print" },
  { ...JSON_OPTION, summary: "report everything as JSON, one object per line, on stderr" },
] as const satisfies readonly Option[];
export type WithOption = typeof WITH_OPTIONS[number];
