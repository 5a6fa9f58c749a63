import { parseDuration } from "../../base/duration.ts";
import { UsageError } from "../../base/errors.ts";
import { parseSize } from "../../base/size.ts";
import type { Given } from "../../cli/options.ts";
import type { KeptSettings } from "../../keeper/records/kept_settings.ts";
import type { WantedSettings } from "../../keeper/start/wanted_settings.ts";
import { wordText } from "../../libc/processes/process_image.ts";
import type { LogSettings } from "../../logs/settings.ts";
import { parseReady } from "../../ready/rule.ts";
import { usualStop } from "../../keeper/stop/stop_schedule.ts";
import type { StopStep } from "../../termination/schedule.ts";
import { parseLimit, parseNice, parseUmask, parseVariable } from "../daemon/values.ts";
import type { StartOption } from "./options.ts";
import { socketsFrom } from "./request_sockets.ts";
import { healthFrom } from "./request_health.ts";
import { isRunByChange, onChangeFrom, refuseOfEvents, startsAfterFrom } from "./request_events.ts";
import { limitsFrom } from "./request_limits.ts";
import { sandboxFrom } from "./request_sandbox.ts";
import {
  parseBackoff,
  parseCount,
  parseEvery,
  parseHook,
  parseIoPriority,
  parseMaxRestarts,
  parseOomScore,
  parseSignalWord,
  parseSpan,
  parseStop,
  parseSuccess,
} from "./values.ts";

const DEFAULTS = {
  ...{ umask: "022", backoff: "100ms..30s", readyTimeout: "30s", startSeconds: "1s" },
  ...{ stopTimeout: "10s", keep: "5" },
};

type GivenStart = Given<StartOption>;

/** Settings of the program from the options. @throws UsageError */
export function settingsFrom(values: GivenStart, words: readonly string[]): WantedSettings {
  refuseContradictions(values);
  const may = <T>(text: string | undefined, parse: (text: string) => T): T | undefined =>
    text === undefined ? undefined : parse(text);
  const ready = values.texts("ready");
  ready.forEach(parseReady);
  return {
    words: [...words],
    directory: values.text("chdir") ?? "/",
    umask: parseUmask(values.text("umask") ?? DEFAULTS.umask),
    user: values.text("user"),
    environment: values.texts("env").map((text) => wordText(parseVariable(text))),
    clearEnvironment: values.has("clear-env"),
    environmentFiles: values.texts("env-file"),
    chroot: values.text("chroot"),
    nice: may(values.text("nice"), parseNice),
    ioPriority: may(values.text("ionice"), parseIoPriority),
    oomScore: may(values.text("oom-score"), parseOomScore),
    limits: values.texts("limit").map(parseLimit),
    resources: limitsFrom(values),
    sandbox: sandboxFrom(values),
    noChildren: values.has("no-children"),
    noNewPrivileges: values.has("no-new-privs"),
    ...logFrom(values),
    ready,
    readyTimeoutMs: parseSpan(
      "ready-timeout",
      values.text("ready-timeout") ?? DEFAULTS.readyTimeout,
    ),
    health: healthFrom(values, restartOf(values) !== "no"),
    watchdogMs: may(values.text("watchdog"), (text) => parseSpan("watchdog", text)),
    schedule: scheduleFrom(values),
    ...socketsFrom(values),
    onChange: onChangeFrom(values),
    startsAfter: startsAfterFrom(values),
    restart: restartOf(values),
    backoff: parseBackoff(values.text("backoff") ?? DEFAULTS.backoff),
    maxRestarts: may(values.text("max-restarts"), parseMaxRestarts),
    success: values.texts("success").flatMap(parseSuccess),
    startMs: parseDuration(
      values.text("start-seconds") ??
        (isScheduled(values) || isRunByChange(values) ? "0" : DEFAULTS.startSeconds),
    ),
    maxLifetimeMs: may(values.text("max-lifetime"), (text) => parseSpan("max-lifetime", text)),
    maxRssBytes: may(values.text("max-rss"), parseSize),
    stop: stopFrom(values),
    killMode: (values.text("kill-mode") ?? "tree") as KeptSettings["killMode"],
    hooks: hooksFrom(values),
    forking: values.has("forking"),
    pidfile: values.text("pidfile"),
    waiter: values.text("waiter") as KeptSettings["waiter"],
  };
}

function restartOf(values: GivenStart): KeptSettings["restart"] {
  const given = values.text("restart") ?? (isScheduled(values) ? "no" : "on-failure");
  return given as KeptSettings["restart"];
}

function isScheduled(values: GivenStart): boolean {
  return values.given("every") || values.given("cron");
}

function scheduleFrom(values: GivenStart): KeptSettings["schedule"] {
  if (!isScheduled(values)) return undefined;
  const every = values.text("every");
  // As recorded: undefined keys are left out.
  return JSON.parse(JSON.stringify({
    everyMs: every === undefined ? undefined : parseEvery(every),
    cron: values.text("cron"),
    timezone: values.text("timezone"),
    overlap: values.text("overlap") ?? "skip",
  }));
}

function refuseOfSchedule(values: GivenStart): void {
  if (values.given("every") && values.given("timezone")) {
    throw new UsageError("--timezone goes with --cron", "--every counts time that passes");
  }
  const restart = values.text("restart") ?? (isScheduled(values) ? "no" : undefined);
  if (!isScheduled(values)) {
    const alone = (["timezone", "overlap", "run-now"] as const).find((one) => values.given(one));
    const isOfChanges = (alone === "overlap" && values.given("on-change")) ||
      (alone === "run-now" && values.has("postpone"));
    if (alone === undefined || isOfChanges) return;
    const others = {
      timezone: "--cron",
      overlap: "--every, --cron or --on-change",
      "run-now": "--every, --cron or --postpone",
    };
    throw new UsageError(
      `--${alone} goes with ${others[alone]}`,
      "for example --cron '30 3 * * *'",
    );
  }
  if (restart === "always") {
    throw new UsageError(
      "--restart always leaves no pause between the runs of a schedule",
      "on-failure repeats a failed run; no (default) waits for the next time",
    );
  }
  for (const option of ["backoff", "max-restarts"] as const) {
    if (restart !== "no" || !values.given(option)) continue;
    throw new UsageError(
      `--${option} needs --restart on-failure`,
      "a schedule has --restart no by default",
    );
  }
}

function stopFrom(values: GivenStart): StopStep[] {
  const schedule = values.text("stop");
  if (schedule !== undefined) return parseStop(schedule);
  const wait = parseDuration(values.text("stop-timeout") ?? DEFAULTS.stopTimeout);
  const signal = values.text("stop-signal");
  if (signal === undefined) return [...usualStop(values.has("tty"), wait)];
  return [{ signal: parseSignalWord(signal), wait }];
}

function hooksFrom(values: GivenStart): KeptSettings["hooks"] {
  const hooks = [
    ...[["pre", "pre"], ["post", "post"], ["stop", "stop-cmd"], ["reload", "reload-cmd"]] as const,
    ...[["onFail", "on-fail"], ["onUnhealthy", "on-unhealthy"]] as const,
  ];
  return Object.fromEntries(hooks.flatMap(([hook, option]) => {
    const text = values.text(option);
    return text === undefined ? [] : [[hook, parseHook(option, text)]];
  }));
}

function logFrom(values: GivenStart): { log: LogSettings; ownLog: boolean } {
  const given = values.text("log");
  const size = values.text("log-max");
  const reopen = values.text("log-reopen");
  const log: LogSettings = {
    stdout: given === "none" || given === "syslog" ? undefined : given,
    stderr: values.text("log-err"),
    maxBytes: size === undefined ? undefined : logSize(size),
    keep: parseCount("log-keep", values.text("log-keep") ?? DEFAULTS.keep),
    format: (values.text("log-format") ?? "raw") as LogSettings["format"],
    target: given === "syslog" ? "syslog" : "file",
    reopenSignal: reopen === undefined ? undefined : parseSignalWord(reopen),
    ...values.has("tty") ? { terminal: true } : {},
  };
  return { log, ownLog: given === undefined };
}

/** A smaller log would be rotated all the time, and only whole blocks of a file system can be cut off. */
function logSize(text: string): number {
  const LEAST = 4096;
  const bytes = parseSize(text);
  if (bytes >= LEAST) return bytes;
  throw new UsageError(`--log-max ${text} is too small`, "a log can be cut at 4K or more");
}

/** Pairs of options that contradict each other. */
const CONTRADICTIONS: readonly (readonly [StartOption["name"], StartOption["name"]])[] = [
  ["stop", "stop-signal"],
  ["stop", "stop-timeout"],
  ["forking", "no-children"],
  ["every", "cron"],
  ["every", "forking"],
  ["cron", "forking"],
  ["every", "on-change"],
  ["cron", "on-change"],
  // A terminal has one output, and a program that daemonizes itself leaves it.
  ["tty", "log-err"],
  ["tty", "forking"],
];

function refuseContradictions(values: GivenStart): void {
  for (const [one, other] of CONTRADICTIONS) {
    if (values.given(one) && values.given(other)) throw contradict(`--${one}`, `--${other}`);
  }
  refuseOfSchedule(values);
  refuseOfEvents(values);
  for (const option of ["backoff", "max-restarts"] as const) {
    if (values.text("restart") === "no" && values.given(option)) {
      throw contradict("--restart no", `--${option}`);
    }
  }
  for (const option of ["chdir", "chroot", "user", "pidfile", "log", "log-err"] as const) {
    if (values.text(option) === "") throw new UsageError(`--${option} must not be empty`);
  }
  if (values.texts("env-file").includes("")) throw new UsageError("--env-file must not be empty");
  refuseLogContradictions(values);
  const nowhere = ["none", "syslog"].includes(values.text("log") ?? "") && !values.given("log-err");
  if (nowhere && values.texts("ready").some((rule) => rule.startsWith("log:"))) {
    throw contradict("--ready log:", `--log ${values.text("log")}`);
  }
  if (nowhere && values.texts("health").some((rule) => rule.startsWith("log-silence:"))) {
    throw contradict("--health log-silence:", `--log ${values.text("log")}`);
  }
  if (values.text("instances") === undefined) return;
  if (values.given("pidfile")) throw contradict("--instances", "--pidfile");
  if (values.given("log-err") || !["syslog", "none", undefined].includes(values.text("log"))) {
    throw new UsageError(
      "--instances and one file for their logs cannot be used together",
      "without --log, each instance has a log of its own",
    );
  }
}

function refuseLogContradictions(values: GivenStart): void {
  const log = values.text("log");
  for (const option of ["log", "log-err"] as const) refuseOwnOutput(option, values.text(option));
  const ofFiles = ["log-max", "log-keep", "log-reopen"] as const;
  const meaningless = log === "syslog"
    ? [...ofFiles, "log-err", "log-format"] as const
    : log === "none" && !values.given("log-err")
    ? [...ofFiles, "log-format"] as const
    : [];
  const option = meaningless.find((one) => values.given(one));
  if (option) throw contradict(`--log ${log}`, `--${option}`);
}

/** Its keeper starts it, now and later, and does not have the caller's descriptors. */
function refuseOwnOutput(option: string, path: string | undefined): void {
  const own = /^(?:-|\/dev\/(?:stdout|stderr|tty|fd\/\d+)|\/proc\/self\/.*)$/;
  if (path === undefined || !own.test(path)) return;
  throw new UsageError(
    `--${option} ${path}: a daemon does not have its caller's output`,
    "its log is a file: imp logs -f NAME follows it; in a container, /proc/1/fd/1 is the output of the first process",
  );
}

function contradict(one: string, other: string): UsageError {
  return new UsageError(`${one} and ${other} cannot be used together`);
}
