import { JSON_OPTION, type Option } from "../../cli/options.ts";

export const POOL_OPTIONS = [
  {
    group: "Items",
    name: "arg-file",
    short: "a",
    value: "FILE",
    many: true,
    summary: "read items from FILE and not from stdin; several are crossed",
  },
  { group: "Items", name: "link", summary: "several sources go side by side, not crossed" },
  { group: "Items", name: "null", short: "0", summary: "items end with a NUL byte" },
  {
    group: "Items",
    name: "delimiter",
    short: "d",
    value: "C",
    summary: "items end with C (also \\t, \\0, \\x1f), not with a newline",
  },
  {
    group: "Items",
    name: "colsep",
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
    name: "max-args",
    short: "n",
    value: "N",
    summary: "give N items to each job (default 1)",
  },
  {
    group: "Items",
    name: "xargs",
    short: "X",
    summary:
      "give each job as many items as fit, each with the text around its {}; the last ones are spread over -j jobs",
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
  {
    group: "Blocks",
    name: "pipe",
    summary: "split stdin between records into blocks; each job gets one on its stdin",
  },
  {
    group: "Blocks",
    name: "block",
    value: "SIZE",
    summary: "size of a block, as far as records allow (default 1M)",
  },
  {
    group: "Blocks",
    name: "records",
    short: "N",
    value: "N",
    summary: "make blocks of N records, whatever their size",
  },
  {
    group: "Blocks",
    name: "recend",
    value: "TEXT",
    summary: "what ends a record (default \\n; also \\t, \\0, \\x1f)",
  },
  {
    group: "Blocks",
    name: "recstart",
    value: "TEXT",
    summary: "what begins a record; with --recend both must be there",
  },
  {
    group: "Workers",
    name: "workers",
    summary:
      "keep PROGRAM running -j times: each reads items on stdin and answers each with a line",
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
    summary:
      "send a worker that answers fast up to N items while it works on one (default 31; 0: none)",
  },
  {
    group: "Running",
    name: "jobs",
    short: "j",
    value: "N",
    summary:
      "run N jobs at once: 8, 150% of the cores, +2 more than these, 0 as many as possible (default 100%); SIGUSR1 makes it one more, SIGUSR2 one fewer",
  },
  {
    group: "Running",
    name: "jobs-file",
    value: "FILE",
    summary: "read -j from FILE again whenever it changes",
  },
  { group: "Running", name: "delay", value: "D", summary: "wait D between two starts" },
  {
    group: "Running",
    name: "load",
    value: "N",
    summary: "start nothing while the load average is N or more",
  },
  {
    group: "Running",
    name: "memfree",
    value: "SIZE",
    summary: "start nothing while less than SIZE of memory is available",
  },
  { group: "Running", name: "nice", value: "N", summary: "run at nice value N" },
  {
    group: "Running",
    name: "no-children",
    summary: "jobs may start threads but no process; the kernel refuses, and imp reports it",
  },
  {
    group: "Running",
    name: "timeout",
    value: "D",
    summary: "end a job after D, or after N% of the median run time",
  },
  {
    group: "Running",
    name: "term-seq",
    value: "SEQ",
    summary:
      "how jobs are ended: signals, each followed by a time to obey it (default TERM,5s,KILL)",
  },
  {
    group: "Running",
    name: "tty",
    summary:
      "give the terminal to the job that runs, one at a time, for editors and other programs that ask; implies -j1 and -u",
  },
  {
    group: "Running",
    name: "sem",
    value: "NAME",
    summary:
      "run PROGRAM once, without items, when fewer than N (-j, default 1) programs of that NAME run on this machine",
  },
  {
    group: "Failures",
    name: "halt",
    value: "WHEN",
    summary: "now or soon, then fail, success or done = N or N%: now,fail=1; soon,success=3",
  },
  {
    group: "Failures",
    name: "retries",
    value: "N",
    summary: "try a job up to N times; 0 for ever",
  },
  {
    group: "Failures",
    name: "retry-delay",
    value: "D",
    summary: "wait D before the second attempt, and twice as long before each further one",
  },
  {
    group: "Failures",
    name: "retry-jitter",
    value: "N%",
    summary: "leave N% of each of these waits to chance",
  },
  {
    group: "Failures",
    name: "retry-on",
    value: "CODES",
    summary: "try again only after these exit codes; also ranges, 128+n for signal n, 'timeout'",
  },
  { group: "Output", name: "keep-order", short: "k", summary: "print in order of submission" },
  { group: "Output", name: "tag", summary: "begin each line with the item and a tab" },
  {
    group: "Output",
    name: "group",
    summary: "print a job's output whole when it has ended (default)",
  },
  {
    group: "Output",
    name: "line-buffer",
    summary: "print lines as they come, from all jobs, whole",
  },
  {
    group: "Output",
    name: "ungroup",
    short: "u",
    summary: "jobs write to imp's stdout and stderr themselves",
  },
  { group: "Output", ...JSON_OPTION, summary: "print one JSON object per job, with its output" },
  {
    group: "Output",
    name: "results",
    value: "DIR",
    summary: "keep stdout, stderr and result.json of each job in DIR/SEQ",
  },
  { group: "Output", name: "progress", summary: "show on a terminal how far it is" },
  { group: "Output", name: "dry-run", summary: "print the commands, run nothing" },
  {
    group: "Going on",
    name: "joblog",
    value: "FILE",
    summary: "write a line per job to FILE, in GNU parallel's columns",
  },
  { group: "Going on", name: "resume", summary: "leave out what FILE of --joblog says has ended" },
  {
    group: "Going on",
    name: "resume-failed",
    summary: "leave out what it says has succeeded",
  },
] as const satisfies readonly Option[];
export type PoolOption = typeof POOL_OPTIONS[number];
