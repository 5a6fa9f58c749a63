import { JSON_OPTION, type Option } from "../../cli/options.ts";
import { CHDIR_OPTION, CHROOT_OPTION, UMASK_OPTION, USER_OPTION } from "./shared_options.ts";

export const DAEMON_OPTIONS = [
  {
    group: "Identity",
    name: "name",
    short: "n",
    value: "NAME",
    summary: "keep the pidfile as NAME.pid in imp's own directory",
  },
  {
    group: "Identity",
    name: "pidfile",
    short: "p",
    value: "FILE",
    summary:
      "write the PID to FILE and hold a lock beside it while the daemon runs; a second start is refused",
  },
  USER_OPTION,
  CHDIR_OPTION,
  UMASK_OPTION,
  {
    group: "Surroundings",
    name: "env",
    short: "E",
    value: "K=V",
    many: true,
    summary: "set a variable in the daemon's environment, also one that -u sets",
  },
  {
    group: "Surroundings",
    name: "clear-env",
    summary: "begin with an empty environment, also with -u; -E still adds to it",
  },
  CHROOT_OPTION,
  {
    group: "Surroundings",
    name: "nice",
    value: "N",
    summary: "run at nice value N, -20 (first) to 19 (last)",
  },
  {
    group: "Surroundings",
    name: "limit",
    value: "NAME=SOFT[:HARD]",
    many: true,
    summary:
      "set a resource limit: nofile, nproc, core, as, ...; 'unlimited', sizes such as 64K, 10M, 1G",
  },
  {
    group: "Descriptors",
    name: "stdin",
    short: "i",
    value: "FILE",
    summary: "read standard input from FILE (default /dev/null)",
  },
  {
    group: "Descriptors",
    name: "stdout",
    short: "o",
    value: "FILE",
    summary: "append standard output to FILE (default /dev/null)",
  },
  {
    group: "Descriptors",
    name: "stderr",
    short: "e",
    value: "FILE",
    summary: "append standard error to FILE, which may be the one of -o (default /dev/null)",
  },
  {
    group: "Descriptors",
    name: "truncate",
    summary: "empty the files of -o and -e as the last step before exec",
  },
  {
    group: "Descriptors",
    name: "keep-fd",
    value: "N",
    many: true,
    summary: "leave descriptor N of the caller open in the daemon",
  },
  {
    group: "Readiness",
    name: "ready",
    value: "RULE",
    many: true,
    summary:
      "return when it is ready: notify, fd:3, tcp:5432, http://localhost:8080/health, file:PATH, " +
      "log:REGEX, cmd:'pg_isready -q', delay:2s; several must all hold",
  },
  {
    group: "Readiness",
    name: "ready-timeout",
    value: "D",
    summary: "how long it may take to become ready; then it is ended, and imp fails (default 30s)",
  },
  {
    group: "Readiness",
    name: "wait",
    value: "D",
    summary: "return when it has run for D; if it ends sooner, fail with the last lines of its log",
  },
  {
    group: "How",
    name: "oknodo",
    summary: "with -n or -p: if it is already running, print its PID and exit with 0",
  },
  {
    group: "How",
    name: "route",
    value: "ROUTE",
    choices: ["auto", "spawn", "fork"],
    summary:
      "spawn: setsid and posix_spawn, fast; fork: fork, setsid, fork, exec, step by step; auto (default): spawn where " +
      "possible",
  },
  {
    group: "How",
    name: "no-second-fork",
    summary: "stop after setsid: the daemon leads its session and could get a terminal",
  },
  {
    group: "How",
    name: "no-children",
    summary: "the daemon may start threads but no process: the kernel says EPERM",
  },
  {
    ...JSON_OPTION,
    group: "How",
    summary: "print an object with pid, route and pidfile instead of the bare PID",
  },
] as const satisfies readonly Option[];
export type DaemonOption = typeof DAEMON_OPTIONS[number];
