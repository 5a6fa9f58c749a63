import type { Option } from "../../cli/options.ts";

/** What starts it, or delays its start. */
export const EVENT_OPTIONS = [
  {
    group: "Events",
    name: "on-change",
    value: "PATH",
    many: true,
    summary: "restart it when a file or anything below a directory changes; with --restart no: " +
      "run it again",
  },
  {
    group: "Events",
    name: "ignore",
    value: "GLOB",
    many: true,
    summary: "ignore changes of these files, patterns as in .gitignore: '*.log', node_modules/, " +
      "'docs/**/*.html' (always ignored: .git/ and backup files of editors)",
  },
  {
    group: "Events",
    name: "debounce",
    value: "D",
    summary:
      "act when nothing has changed for D, so that many changes count as one (default 200ms)",
  },
  {
    group: "Events",
    name: "postpone",
    summary: "do not start it before the first change",
  },
  {
    group: "Events",
    name: "on-file",
    value: "PATH",
    many: true,
    summary: "each start waits until PATH exists",
  },
  {
    group: "Events",
    name: "on-port",
    value: "[HOST:]PORT",
    many: true,
    summary: "each start waits until something accepts connections there",
  },
] as const satisfies readonly Option[];
