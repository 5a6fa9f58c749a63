import { JSON_OPTION, type Option } from "../../cli/options.ts";
import {
  CHDIR_OPTION,
  CHROOT_OPTION,
  UMASK_OPTION,
  USER_OPTION,
} from "../daemon/shared_options.ts";
import { ALL_OPTION } from "../kept/request_targets.ts";
import { HEALTH_OPTIONS } from "./health_options.ts";
import { EVENT_OPTIONS } from "./event_options.ts";
import { LOG_OPTIONS } from "./log_options.ts";
import { LIMIT_OPTIONS } from "./limit_options.ts";
import { SANDBOX_OPTIONS } from "./sandbox_options.ts";
import { SCHEDULE_OPTIONS } from "./schedule_options.ts";
import { SOCKET_OPTIONS } from "./socket_options.ts";

export const START_OPTIONS = [
  ...SCHEDULE_OPTIONS,
  ...SOCKET_OPTIONS,
  ...EVENT_OPTIONS,
  {
    group: "Restarting",
    name: "restart",
    value: "WHEN",
    choices: ["no", "on-failure", "always"],
    summary: "start it again when it ends: no, on-failure (default), always",
  },
  {
    group: "Restarting",
    name: "backoff",
    value: "A..B",
    summary:
      "wait A before a restart that follows a failure, longer before each further one, at most B (default 100ms..30s)",
  },
  {
    group: "Restarting",
    name: "max-restarts",
    value: "N/D",
    summary: "give up after N restarts within D (default: never)",
  },
  {
    group: "Restarting",
    name: "success",
    value: "LIST",
    many: true,
    summary: "exit statuses and signals that are not failures, besides 0: 3,143,TERM",
  },
  {
    group: "Restarting",
    name: "start-seconds",
    value: "D",
    summary: "a run that ends sooner has failed, whatever its status (default 1s)",
  },
  {
    group: "Restarting",
    name: "max-lifetime",
    value: "D",
    summary: "restart it when it has run for D",
  },
  {
    group: "Restarting",
    name: "max-rss",
    value: "SIZE",
    summary: "restart it when its processes have more than SIZE of resident memory",
  },
  {
    group: "Readiness",
    name: "ready",
    value: "RULE",
    many: true,
    summary: "when it is ready: notify, fd:3, tcp:5432, http://localhost:8080/health, file:PATH, " +
      "log:REGEX, cmd:'pg_isready -q', delay:2s; several must all hold (default: when it runs)",
  },
  {
    group: "Readiness",
    name: "ready-timeout",
    value: "D",
    summary: "how long it may take to become ready; then it has failed (default 30s)",
  },
  {
    group: "Readiness",
    name: "watchdog",
    value: "D",
    summary: "it sends WATCHDOG=1 to $NOTIFY_SOCKET at least every D, or is restarted",
  },
  ...HEALTH_OPTIONS,
  {
    group: "Stopping",
    name: "stop-signal",
    value: "SIGNAL",
    summary: "the signal that asks it to end (default TERM; --tty: HUP, then TERM)",
  },
  {
    group: "Stopping",
    name: "stop-timeout",
    value: "D",
    summary: "how long it may take then, before it is killed (default 10s)",
  },
  {
    group: "Stopping",
    name: "stop",
    value: "SCHEDULE",
    summary: "several signals, each with the time to wait for the end: TERM:10s,INT:5s,KILL",
  },
  {
    group: "Stopping",
    name: "kill-mode",
    value: "MODE",
    choices: ["tree", "main"],
    summary: "what a stop ends: the daemon with all its descendants (default), or its main process",
  },
  ...LOG_OPTIONS,
  {
    group: "Commands",
    name: "pre",
    value: "CMD",
    summary: "run CMD before each start, split into words, without a shell; it must exit with 0",
  },
  {
    group: "Commands",
    name: "post",
    value: "CMD",
    summary: "run CMD when it has become ready",
  },
  {
    group: "Commands",
    name: "stop-cmd",
    value: "CMD",
    summary: "run CMD to ask it to end, before signals",
  },
  {
    group: "Commands",
    name: "reload-cmd",
    value: "CMD",
    summary: "what imp reload runs (default: send HUP)",
  },
  {
    group: "Commands",
    name: "on-fail",
    value: "CMD",
    summary: "run CMD when a run has failed",
  },
  {
    group: "Terminal",
    name: "tty",
    summary: "give it a terminal of its own, for imp attach",
  },
  USER_OPTION,
  {
    group: "Identity",
    name: "forking",
    summary: "PROGRAM turns itself into a daemon: it exits with 0, and imp keeps what it leaves",
  },
  {
    group: "Identity",
    name: "pidfile",
    short: "p",
    value: "FILE",
    summary: "PROGRAM writes the PID of its main process to FILE",
  },
  {
    group: "Identity",
    name: "instances",
    value: "N",
    summary: "keep N of it, NAME@1 to NAME@N; each finds its number in IMP_INSTANCE",
  },
  CHDIR_OPTION,
  UMASK_OPTION,
  {
    group: "Surroundings",
    name: "env",
    short: "E",
    value: "K=V",
    many: true,
    summary: "set a variable in its environment, also one that -u or a file sets",
  },
  {
    group: "Surroundings",
    name: "env-file",
    value: "FILE",
    many: true,
    summary: "read variables from FILE at each start: lines K=V; others must not read it",
  },
  {
    group: "Surroundings",
    name: "clear-env",
    summary: "begin with an empty environment, not with the caller's",
  },
  CHROOT_OPTION,
  ...LIMIT_OPTIONS,
  ...SANDBOX_OPTIONS,
  {
    ...ALL_OPTION,
    group: "How",
    summary: "without PROGRAM: every kept daemon that is not running",
  },
  {
    group: "How",
    name: "replace",
    summary: "change the options of a known NAME; restart it if it is running",
  },
  {
    group: "How",
    name: "new-env",
    summary: "without PROGRAM: use this environment instead of the recorded one",
  },
  {
    group: "How",
    name: "oknodo",
    summary: "exit with 0 if it is already running",
  },
  {
    group: "How",
    name: "at-boot",
    value: "YES|NO",
    choices: ["yes", "no"],
    summary: "whether imp boot starts it, like imp enable (yes) and imp disable (no)",
  },
  {
    group: "How",
    name: "no-wait",
    summary: "do not wait until it is ready",
  },
  {
    group: "How",
    name: "waiter",
    value: "KIND",
    choices: ["file", "memfd", "resident"],
    summary: "where the keeper's code is: a file (default), memory, or imp itself, resident",
  },
  {
    ...JSON_OPTION,
    group: "How",
    summary: "print an object for each daemon: name, pid, phase, ready, log",
  },
] as const satisfies readonly Option[];
export type StartOption = typeof START_OPTIONS[number];
