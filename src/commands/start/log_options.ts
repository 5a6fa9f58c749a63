import type { Option } from "../../cli/options.ts";

/** Where its output goes, and how it is kept. */
export const LOG_OPTIONS = [
  {
    group: "Log",
    name: "log",
    value: "FILE",
    summary:
      "append stdout and stderr to FILE; also syslog, none (default NAME.log in imp's own directory)",
  },
  {
    group: "Log",
    name: "log-err",
    value: "FILE",
    summary: "append stderr to a file of its own",
  },
  {
    group: "Log",
    name: "log-max",
    value: "SIZE",
    summary: "rotate a log at SIZE (default: it grows)",
  },
  {
    group: "Log",
    name: "log-keep",
    value: "N",
    summary: "keep N rotated logs (default 5)",
  },
  {
    group: "Log",
    name: "log-format",
    value: "FORMAT",
    choices: ["raw", "time", "json"],
    summary: "raw (default): as it is written; time: each line after its time; json",
  },
  {
    group: "Log",
    name: "log-reopen",
    value: "SIGNAL",
    summary: "the signal on which it opens its log again, where rotation must rename the file",
  },
] as const satisfies readonly Option[];
