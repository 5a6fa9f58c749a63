import type { Option } from "../../../cli/options.ts";

/** How jobs run, and what their failures mean. */
export const RUNNING_OPTIONS = [
  {
    group: "Running",
    name: "jobs",
    aliases: ["-P", "--max-procs"],
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
  {
    group: "Running",
    name: "chdir",
    aliases: ["--wd", "--workdir"],
    value: "DIR",
    summary:
      "run jobs in DIR; file names of options and sources stay relative to imp's own directory; on hosts DIR is made, with placeholders: ... a new one for each job, . as here",
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
    aliases: ["--termseq"],
    value: "SEQ",
    summary: "how to end jobs: signals, each followed by a time to wait (default TERM,5s,KILL)",
  },
  {
    group: "Running",
    name: "tty",
    aliases: ["-o", "--open-tty"],
    summary:
      "give the running job the terminal, for editors and other interactive programs; implies -j1 and -u",
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
    aliases: ["--halt-on-error"],
    value: "WHEN",
    summary: "now or soon, then fail, success or done = N or N%: now,fail=1; soon,success=3",
  },
  {
    group: "Failures",
    name: "retries",
    value: "N",
    summary: "try a job up to N times; 0: forever",
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
    summary: "shorten each of these waits by up to N%, at random",
  },
  {
    group: "Failures",
    name: "retry-on",
    value: "CODES",
    summary:
      "try again only after these exit codes; also ranges, 128+n for signal n, 'timeout', 'lost'",
  },
] as const satisfies readonly Option[];
