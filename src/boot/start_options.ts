// Pure: the options of `imp start` that make settings what they are; what is so by default is left out.
import { formatDuration } from "../base/duration.ts";
import type { KeptSettings } from "../keeper/records/kept_settings.ts";
import { socketSetting } from "../keeper/sockets/kept_socket.ts";
import { usualStop } from "../keeper/stop/stop_schedule.ts";
import { signalName } from "../libc/processes/signals.ts";
import { resourceOptions } from "./resource_rows.ts";
import { shellWord } from "./shell_words.ts";

/** @field value undefined: it takes none */
export interface StartWord {
  readonly name: string;
  readonly value?: string;
}

export interface StartWords {
  readonly options: readonly StartWord[];
  /** Names of settings that no option is known for here. */
  readonly unknown: readonly string[];
}

/** But for what is no option: a setting without a row is an error of types. `project` is told as left out. */
type Key = Exclude<keyof KeptSettings, "schema" | "name" | "words" | "project">;
type Row = (settings: KeptSettings) => readonly (StartWord | false | undefined)[];

const option = (name: string, value?: string | number): StartWord =>
  value === undefined ? { name } : { name, value: String(value) };
const may = (name: string, value: string | number | undefined): StartWord | undefined =>
  value === undefined ? undefined : option(name, value);
/** Unless it is the default. */
const span = (name: string, ms: number | undefined, usual?: number) =>
  ms === undefined || ms === usual ? undefined : option(name, exactSpan(ms));

const ROWS: Readonly<Record<Key, Row>> = {
  directory: ({ directory }) => [directory !== "/" && option("chdir", directory)],
  umask: ({ umask }) => [umask !== 0o022 && option("umask", umask.toString(8).padStart(3, "0"))],
  user: ({ user }) => [may("user", user)],
  environment: ({ environment }) =>
    environment.filter((word) => !word.startsWith("IMP_INSTANCE="))
      .map((word) => option("env", word)),
  clearEnvironment: ({ clearEnvironment }) => [clearEnvironment && option("clear-env")],
  environmentFiles: ({ environmentFiles }) =>
    environmentFiles.map((file) => option("env-file", file)),
  chroot: ({ chroot }) => [may("chroot", chroot)],
  nice: ({ nice }) => [may("nice", nice)],
  ioPriority: ({ ioPriority }) => {
    if (!ioPriority) return [];
    const word = { 1: "realtime", 2: "best-effort", 3: "idle" }[ioPriority.class];
    return [option("ionice", ioPriority.class === 3 ? word : `${word}:${ioPriority.level}`)];
  },
  oomScore: ({ oomScore }) => [may("oom-score", oomScore)],
  limits: ({ limits }) =>
    limits.map(({ name, limit: { soft, hard } }) => {
      const text = (value: number) => value === Infinity ? "unlimited" : String(value);
      return option("limit", `${name}=${text(soft)}${hard === undefined ? "" : `:${text(hard)}`}`);
    }),
  resources: ({ resources }) =>
    resourceOptions(resources, (bytes) => exactSize(bytes)!).map(([name, value]) =>
      option(name, value)
    ),
  sandbox: ({ sandbox: { readOnly = [], writable = [], privateTmp, noNetwork } = {} }) => [
    ...readOnly.map((path) => option("read-only", path)),
    ...writable.map((path) => option("writable", path)),
    privateTmp && option("private-tmp"),
    noNetwork && option("no-network"),
  ],
  openFiles: () => [],
  noChildren: ({ noChildren }) => [noChildren && option("no-children")],
  noNewPrivileges: ({ noNewPrivileges }) => [noNewPrivileges && option("no-new-privs")],
  log: logOptions,
  ready: ({ ready }) => ready.map((rule) => option("ready", rule)),
  readyTimeoutMs: ({ readyTimeoutMs }) => [span("ready-timeout", readyTimeoutMs, 30_000)],
  watchdogMs: ({ watchdogMs }) => [span("watchdog", watchdogMs)],
  health: ({ health }) =>
    health === undefined ? [] : [
      ...health.rules.map((rule) => option("health", rule)),
      span("health-every", health.everyMs, 10_000),
      span("health-timeout", health.timeoutMs, Math.min(5000, health.everyMs)),
      health.retries !== 3 && option("health-retries", health.retries),
      span("health-start", health.startMs),
      health.restart && option("health-restart"),
    ],
  restart: ({ restart, schedule }) => [
    restart !== (schedule ? "no" : "on-failure") && option("restart", restart),
  ],
  backoff: ({ restart, backoff: { firstMs, mostMs } }) => [
    restart !== "no" && (firstMs !== 100 || mostMs !== 30_000) &&
    option("backoff", `${exactSpan(firstMs)}..${exactSpan(mostMs)}`),
  ],
  maxRestarts: ({ restart, maxRestarts }) => [
    maxRestarts && restart !== "no" &&
    option("max-restarts", `${maxRestarts.count}/${exactSpan(maxRestarts.withinMs)}`),
  ],
  success: ({ success }) => [success.length > 0 && option("success", success.join(","))],
  schedule: ({ schedule }) => [
    span("every", schedule?.everyMs),
    may("cron", schedule?.cron),
    may("timezone", schedule?.timezone),
    schedule && schedule.overlap !== "skip" && option("overlap", schedule.overlap),
  ],
  onChange: ({ onChange, restart }) =>
    onChange
      ? [
        ...onChange.paths.map((path) => option("on-change", path)),
        ...onChange.ignore.map((glob) => option("ignore", glob)),
        span("debounce", onChange.debounceMs, 200),
        onChange.postponed && option("postpone"),
        onChange.overlap !== (restart === "no" ? "queue" : "kill") &&
        option("overlap", onChange.overlap),
      ]
      : [],
  startsAfter: ({ startsAfter }) => [
    ...(startsAfter?.files ?? []).map((file) => option("on-file", file)),
    ...(startsAfter?.ports ?? []).map((port) => option("on-port", port)),
  ],
  startMs: ({ startMs, schedule, onChange, restart }) => {
    const runsOften = schedule !== undefined || (onChange !== undefined && restart === "no");
    return [span("start-seconds", startMs, runsOften ? 0 : 1000)];
  },
  sockets: ({ sockets = [] }) => sockets.map((one) => option("socket", socketSetting(one))),
  onDemand: ({ onDemand }) => [
    onDemand && option("on-demand"),
    span("idle-stop", onDemand?.idleMs),
  ],
  maxLifetimeMs: ({ maxLifetimeMs }) => [span("max-lifetime", maxLifetimeMs)],
  maxRssBytes: ({ maxRssBytes }) => [may("max-rss", exactSize(maxRssBytes))],
  stop: ({ stop, log: { terminal = false } }) => {
    const [one, ...more] = stop;
    const whole = stop.reduce((sum, { wait }) => sum + wait, 0);
    if (JSON.stringify(usualStop(terminal, whole)) === JSON.stringify(stop)) {
      return [span("stop-timeout", whole, 10_000)];
    }
    if (more.length > 0 || !one) {
      const steps = stop.map(({ signal, wait }) => `${signalName(signal)}:${exactSpan(wait)}`);
      return [option("stop", [...steps, "KILL"].join(","))];
    }
    const signal = signalName(one.signal);
    return [
      option("stop-signal", signal),
      span("stop-timeout", one.wait, 10_000),
    ];
  },
  killMode: ({ killMode }) => [killMode !== "tree" && option("kill-mode", killMode)],
  hooks: ({ hooks }) => {
    const hook = (name: string, words: readonly string[] | undefined) =>
      words && option(name, words.map(shellWord).join(" "));
    return [
      ...[hook("pre", hooks.pre), hook("post", hooks.post), hook("stop-cmd", hooks.stop)],
      ...[hook("reload-cmd", hooks.reload), hook("on-fail", hooks.onFail)],
      hook("on-unhealthy", hooks.onUnhealthy),
    ];
  },
  forking: ({ forking }) => [forking && option("forking")],
  pidfile: ({ pidfile }) => [may("pidfile", pidfile)],
  waiter: ({ waiter }) => [may("waiter", waiter)],
};

/** @param ownLog its log is the one that it has without `--log` */
export function startWordsOf(settings: KeptSettings, ownLog: boolean): StartWords {
  const known: Partial<KeptSettings> = ownLog
    ? { ...settings, log: { ...settings.log, stdout: undefined } }
    : settings;
  const options = Object.values(ROWS).flatMap((row) => row(known as KeptSettings))
    .filter((one) => one !== false && one !== undefined)
    .filter(({ name, value }) => !(ownLog && name === "log" && value === "none"));
  const unknown = Object.entries(settings).filter(([name, value]) =>
    !["schema", "name", "words"].includes(name) && !Object.hasOwn(ROWS, name) &&
    value !== undefined && value !== false
  ).map(([name]) => name);
  return { options, unknown };
}

function logOptions({ log }: KeptSettings): (StartWord | false | undefined)[] {
  const { stdout, stderr, maxBytes, keep, format, target, reopenSignal, terminal } = log;
  if (target === "syslog") return [option("log", "syslog"), terminal && option("tty")];
  return [
    terminal && option("tty"),
    option("log", stdout ?? "none"),
    may("log-err", stderr),
    may("log-max", exactSize(maxBytes)),
    keep !== 5 && option("log-keep", keep),
    format !== "raw" && option("log-format", format),
    may("log-reopen", reopenSignal === undefined ? undefined : signalName(reopenSignal)),
  ];
}

/** One unit, so that nothing is rounded. */
function exactSpan(ms: number): string {
  for (
    const [unit, size] of [["d", 86_400_000], ["h", 3_600_000], ["m", 60_000], ["s", 1000]] as const
  ) {
    if (ms > 0 && ms % size === 0) return `${ms / size}${unit}`;
  }
  return ms === 0 ? "0s" : Number.isInteger(ms) ? `${ms}ms` : formatDuration(ms);
}

function exactSize(bytes: number | undefined): string | undefined {
  if (bytes === undefined) return undefined;
  for (const [unit, size] of [["G", 1 << 30], ["M", 1 << 20], ["K", 1 << 10]] as const) {
    if (bytes > 0 && bytes % size === 0) return `${bytes / size}${unit}`;
  }
  return String(bytes);
}
