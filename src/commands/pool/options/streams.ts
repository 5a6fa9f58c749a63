import type { Option } from "../../../cli/options.ts";

/** Blocks of a stream, and workers. */
export const STREAM_OPTIONS = [
  {
    group: "Blocks",
    name: "pipe",
    summary: "split stdin between records into blocks; each job gets one on its stdin",
  },
  {
    group: "Blocks",
    name: "pipepart",
    aliases: ["--pipe-part"],
    summary:
      "the same of one file, -a FILE: the jobs read their parts of it from the kernel, imp does not",
  },
  {
    group: "Blocks",
    name: "block",
    aliases: ["--block-size"],
    value: "SIZE",
    summary:
      "size of a block, as far as records allow (default 1M): at most, with --pipepart at least",
  },
  {
    group: "Blocks",
    name: "records",
    aliases: ["--max-replace-args"],
    short: "N",
    value: "N",
    summary: "make blocks of N records, whatever their size; without --pipe the same as -n",
  },
  {
    group: "Blocks",
    name: "recend",
    value: "TEXT",
    summary: "what ends a record (default \\n; also \\t, \\0, \\x1f); empty: cut anywhere",
  },
  {
    group: "Blocks",
    name: "recstart",
    value: "TEXT",
    summary: "what begins a record; with --recend both must be there",
  },
  {
    group: "Blocks",
    name: "regexp",
    summary: "--recend and --recstart are regular expressions; ^ and $ are ends of lines",
  },
  {
    group: "Workers",
    name: "workers",
    summary:
      "keep PROGRAM running -j times: each reads items on stdin and answers each one with a line",
  },
  {
    group: "Workers",
    name: "call",
    value: "MODULE[#EXPORT]",
    summary: "call this function of a .ts or .js file in workers; the item is its argument",
  },
  {
    group: "Workers",
    name: "json-args",
    summary: "with --call: the item is JSON, and its value the argument",
  },
  {
    group: "Workers",
    name: "max-tasks-per-worker",
    value: "N",
    summary: "replace a worker after N items",
  },
  {
    group: "Workers",
    name: "max-tasks-per-child",
    value: "N",
    summary: "the same, as Python calls it",
  },
  {
    group: "Workers",
    name: "max-memory-per-worker",
    value: "SIZE",
    summary: "replace a worker, between two items, that has more than SIZE of resident memory",
  },
  {
    group: "Workers",
    name: "ahead",
    value: "N",
    summary: "send a fast worker up to N items ahead (default 31; 0: none)",
  },
] as const satisfies readonly Option[];
