import type { Option } from "../../../cli/options.ts";

/** Where items come from, and how jobs get them. */
export const ITEM_OPTIONS = [
  {
    group: "Items",
    name: "arg-file",
    short: "a",
    value: "FILE",
    many: true,
    summary: "read items from FILE and not from stdin; several are crossed",
  },
  {
    group: "Items",
    name: "link",
    aliases: ["--xapply"],
    summary: "link several sources in pairs instead of combining them",
  },
  { group: "Items", name: "null", short: "0", summary: "items end with a NUL byte" },
  {
    group: "Items",
    name: "delimiter",
    aliases: ["--delim"],
    short: "d",
    value: "C",
    summary: "items end with C (also \\t, \\0, \\x1f), not with a newline",
  },
  {
    group: "Items",
    name: "colsep",
    aliases: ["-C"],
    value: "RE",
    summary: "an item has columns, {1} {2} ..., separated by RE",
  },
  {
    group: "Items",
    name: "csv",
    summary: "items are CSV records; --colsep names another separator",
  },
  {
    group: "Items",
    name: "header",
    value: "WHAT",
    summary:
      "':': the first line of each source names its columns, {name}; they are separated by --colsep, a tab without it; with --pipe each block begins with it, N lines or the match of a regular expression",
  },
  {
    group: "Items",
    name: "shuf",
    summary: "run in a random order; all items are read first, and held in memory",
  },
  {
    group: "Items",
    name: "plus",
    summary:
      "also {..} {...} {/..} {/...} (extensions off), {+/} {+.} {+..} {+...} (the rest), {##} (number of jobs)",
  },
  {
    group: "Items",
    name: "max-args",
    short: "n",
    value: "N",
    summary: "give N items to each job (default 1); 0: one, which is not in the command",
  },
  {
    group: "Items",
    name: "no-run-if-empty",
    short: "r",
    summary: "skip blank items; without items nothing runs anyway",
  },
  {
    group: "Items",
    name: "max-lines",
    short: "L",
    aliases: ["-l"],
    value: "N",
    summary:
      "give N lines to each job; blank lines are skipped, and a line that ends with a blank continues on the next",
  },
  {
    group: "Items",
    name: "max-chars",
    short: "s",
    value: "N",
    summary: "a command line has at most N bytes, counting one after each word",
  },
  {
    group: "Items",
    name: "eof",
    short: "E",
    value: "TEXT",
    summary: "stop reading items at one that equals TEXT",
  },
  {
    group: "Items",
    name: "context",
    short: "X",
    summary:
      "give each job as many items as fit, each with the text around its {}; the last ones are spread over -j jobs",
  },
  {
    group: "Items",
    name: "multiple",
    short: "m",
    summary: "like -X, but x{}y becomes xa b cy: text is around the first and the last item only",
  },
  {
    group: "Items",
    name: "xargs",
    summary: "like -m, but the last items are not spread: as few jobs as possible",
  },
  {
    group: "Items",
    name: "replace",
    short: "I",
    value: "R",
    summary: "R stands for the item, not {}",
  },
  {
    group: "Items",
    name: "stdin",
    summary: "the item goes to the job's stdin as a line, not into its arguments",
  },
  {
    group: "Items",
    name: "shell",
    summary: "the one word is a script for sh; items are its $1 $2 ...",
  },
] as const satisfies readonly Option[];
