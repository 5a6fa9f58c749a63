import type { Option } from "../../cli/options.ts";

/** What it may use: each of its processes, and all of them together, by limits of its control group. */
export const LIMIT_OPTIONS = [
  {
    group: "Limits",
    name: "nice",
    value: "N",
    summary: "run at nice value N, -20 (first) to 19 (last)",
  },
  {
    group: "Limits",
    name: "ionice",
    value: "CLASS[:N]",
    summary: "priority for disks: idle, best-effort:0 (first) to best-effort:7, realtime:0 to 7",
  },
  {
    group: "Limits",
    name: "oom-score",
    value: "N",
    summary: "whom the kernel ends when memory is short: -1000 (never) to 1000 (first)",
  },
  {
    group: "Limits",
    name: "limit",
    value: "NAME=SOFT[:HARD]",
    many: true,
    summary: "set a resource limit: nofile, nproc, core, as, …; 'unlimited', sizes as 64K 10M 1G",
  },
  {
    group: "Limits",
    name: "memory-max",
    value: "SIZE",
    summary:
      "all its processes together have SIZE of memory at most; beyond that the kernel ends it",
  },
  {
    group: "Limits",
    name: "memory-high",
    value: "SIZE",
    summary: "above SIZE it is slowed down, and memory is taken back from it",
  },
  {
    group: "Limits",
    name: "cpu-max",
    value: "N",
    summary: "so much processor time at most: 50%, or 1.5 for one and a half processors",
  },
  {
    group: "Limits",
    name: "cpu-weight",
    value: "N",
    summary: "its share when processors are short, 1 to 10000 (others have 100)",
  },
  {
    group: "Limits",
    name: "pids-max",
    value: "N",
    summary: "processes and threads at most; what more it starts gets EAGAIN",
  },
  {
    group: "Limits",
    name: "io-max",
    value: "'PATH RATES'",
    many: true,
    summary: "on the disk of PATH, in a second: '/srv rbps=10M wbps=5M riops=100 wiops=100'",
  },
  {
    group: "Limits",
    name: "io-weight",
    value: "N",
    summary: "its share when a disk is busy, 1 to 10000 (others have 100)",
  },
  {
    group: "Limits",
    name: "no-children",
    summary: "it may start threads but no process: the kernel says EPERM",
  },
  {
    group: "Limits",
    name: "no-new-privs",
    summary: "set-user-ID programs that it starts gain no rights",
  },
] as const satisfies readonly Option[];

export type LimitOption = typeof LIMIT_OPTIONS[number];
