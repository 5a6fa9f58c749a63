import type { Option } from "../../cli/options.ts";

/** Resource limits: of each process, and of all of them together by their control group. */
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
    summary:
      "set a resource limit: nofile, nproc, core, as, ...; 'unlimited', sizes such as 64K, 10M, 1G",
  },
  {
    group: "Limits",
    name: "memory-max",
    value: "SIZE",
    summary:
      "at most SIZE of memory for all its processes together; beyond that the kernel ends it",
  },
  {
    group: "Limits",
    name: "memory-high",
    value: "SIZE",
    summary: "above SIZE the kernel slows it down and reclaims its memory",
  },
  {
    group: "Limits",
    name: "cpu-max",
    value: "N",
    summary: "at most this much processor time: 50%, or 1.5 for one and a half processors",
  },
  {
    group: "Limits",
    name: "cpu-weight",
    value: "N",
    summary: "its share when processors are busy, 1 to 10000 (default 100)",
  },
  {
    group: "Limits",
    name: "pids-max",
    value: "N",
    summary: "at most N processes and threads; starting more fails with EAGAIN",
  },
  {
    group: "Limits",
    name: "io-max",
    value: "'PATH RATES'",
    many: true,
    summary: "rates per second on the disk of PATH: '/srv rbps=10M wbps=5M riops=100 wiops=100'",
  },
  {
    group: "Limits",
    name: "io-weight",
    value: "N",
    summary: "its share when a disk is busy, 1 to 10000 (default 100)",
  },
  {
    group: "Limits",
    name: "no-children",
    summary: "it may start threads but no process: the kernel says EPERM",
  },
  {
    group: "Limits",
    name: "no-new-privs",
    summary: "set-user-ID programs give it no rights",
  },
] as const satisfies readonly Option[];

export type LimitOption = typeof LIMIT_OPTIONS[number];
