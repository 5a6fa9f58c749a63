// Pure: settings as the equivalent options of `imp start`.
import { shellWord } from "../../base/shell_words.ts";
import { signalName } from "../../libc/processes/signals.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import { socketSetting } from "../sockets/kept_socket.ts";
import { usualStop } from "../stop/stop_schedule.ts";

export interface StartWord {
  readonly name: string;
  /** Undefined: it takes none. */
  readonly value?: string;
  /** The same without the option. */
  readonly usual?: true;
}

/** Settings that consist of several, each with its own option. */
const PARTED = [
  ...["log", "hooks", "schedule", "health"] as const,
  ...["onChange", "startsAfter", "resources", "sandbox"] as const,
];
type Parted = typeof PARTED[number];
/** Settings without an option of `imp start`. */
type NoOption = "schema" | "name" | "words" | "openFiles" | "project" | "log.target";
type PartOf<K extends Parted> = `${K}.${keyof NonNullable<KeptSettings[K]> & string}`;
/** Named as in the record: `backoff`, `log.maxBytes`. */
type Setting = Exclude<
  Exclude<keyof KeptSettings, Parted> | { [K in Parted]: PartOf<K> }[Parted],
  NoOption
>;
type Row = (settings: KeptSettings) => readonly StartWord[];

/** A setting without a row is a type error. */
const ROWS: Readonly<Record<Setting, Row>> = {
  directory: ({ directory }) => text("chdir", directory, "/"),
  umask: ({ umask }) => text("umask", octal(umask), octal(0o022)),
  user: ({ user }) => text("user", user),
  environment: ({ environment }) =>
    each("env", environment.filter((word) => !word.startsWith("IMP_INSTANCE="))),
  clearEnvironment: ({ clearEnvironment }) => flag("clear-env", clearEnvironment),
  environmentFiles: ({ environmentFiles }) => each("env-file", environmentFiles),
  chroot: ({ chroot }) => text("chroot", chroot),
  nice: ({ nice }) => text("nice", nice),
  ioPriority: ({ ioPriority }) => {
    if (!ioPriority) return [];
    const word = { 1: "realtime", 2: "best-effort", 3: "idle" }[ioPriority.class];
    return text("ionice", ioPriority.class === 3 ? word : `${word}:${ioPriority.level}`);
  },
  oomScore: ({ oomScore }) => text("oom-score", oomScore),
  limits: ({ limits }) =>
    each(
      "limit",
      limits.map(({ name, limit: { soft, hard } }) =>
        `${name}=${limitText(soft)}${hard === undefined ? "" : `:${limitText(hard)}`}`
      ),
    ),
  "resources.memoryMaxBytes": ({ resources }) => size("memory-max", resources?.memoryMaxBytes),
  "resources.memoryHighBytes": ({ resources }) => size("memory-high", resources?.memoryHighBytes),
  "resources.cpuMax": ({ resources }) => text("cpu-max", resources?.cpuMax),
  "resources.cpuWeight": ({ resources }) => text("cpu-weight", resources?.cpuWeight),
  "resources.pidsMax": ({ resources }) => text("pids-max", resources?.pidsMax),
  "resources.ioWeight": ({ resources }) => text("io-weight", resources?.ioWeight),
  "resources.ioMax": ({ resources }) =>
    each(
      "io-max",
      resources?.ioMax?.map(({ path, rates }) =>
        [path, ...Object.entries(rates).map(([name, rate]) => `${name}=${rate}`)].join(" ")
      ),
    ),
  "sandbox.readOnly": ({ sandbox }) => each("read-only", sandbox?.readOnly),
  "sandbox.writable": ({ sandbox }) => each("writable", sandbox?.writable),
  "sandbox.privateTmp": ({ sandbox }) => flag("private-tmp", sandbox?.privateTmp),
  "sandbox.noNetwork": ({ sandbox }) => flag("no-network", sandbox?.noNetwork),
  noChildren: ({ noChildren }) => flag("no-children", noChildren),
  noNewPrivileges: ({ noNewPrivileges }) => flag("no-new-privs", noNewPrivileges),
  "log.terminal": ({ log }) => flag("tty", log.terminal),
  "log.stdout": ({ log: { target, stdout } }) =>
    text("log", target === "syslog" ? "syslog" : stdout ?? "none"),
  "log.stderr": ({ log }) => text("log-err", log.stderr),
  "log.maxBytes": ({ log }) => size("log-max", log.maxBytes),
  "log.keep": ({ log }) => text("log-keep", log.keep, 5),
  "log.format": ({ log }) => text("log-format", log.format, "raw"),
  "log.reopenSignal": ({ log: { reopenSignal } }) =>
    text("log-reopen", reopenSignal === undefined ? undefined : signalName(reopenSignal)),
  ready: ({ ready }) => each("ready", ready),
  readyTimeoutMs: ({ readyTimeoutMs }) => span("ready-timeout", readyTimeoutMs, 30_000),
  watchdogMs: ({ watchdogMs }) => span("watchdog", watchdogMs),
  "health.rules": ({ health }) => each("health", health?.rules),
  "health.everyMs": ({ health }) => span("health-every", health?.everyMs, 10_000),
  "health.timeoutMs": ({ health }) =>
    span("health-timeout", health?.timeoutMs, Math.min(5000, health?.everyMs ?? 0)),
  "health.retries": ({ health }) => text("health-retries", health?.retries, 3),
  "health.startMs": ({ health }) => span("health-start", health?.startMs),
  "health.restart": ({ health }) => flag("health-restart", health?.restart),
  restart: ({ restart, schedule }) => text("restart", restart, schedule ? "no" : "on-failure"),
  backoff: ({ restart, backoff: { firstMs, mostMs } }) => {
    const given = `${exactSpan(firstMs)}..${exactSpan(mostMs)}`;
    return text("backoff", given, restart === "no" ? given : "100ms..30s");
  },
  maxRestarts: ({ restart, maxRestarts }) => {
    if (!maxRestarts) return [];
    const given = `${maxRestarts.count}/${exactSpan(maxRestarts.withinMs)}`;
    return text("max-restarts", given, restart === "no" ? given : undefined);
  },
  success: ({ success }) => text("success", success.length > 0 ? success.join(",") : undefined),
  "schedule.everyMs": ({ schedule }) => span("every", schedule?.everyMs),
  "schedule.cron": ({ schedule }) => text("cron", schedule?.cron),
  "schedule.timezone": ({ schedule }) => text("timezone", schedule?.timezone),
  "schedule.overlap": ({ schedule }) => text("overlap", schedule?.overlap, "skip"),
  "onChange.paths": ({ onChange }) => each("on-change", onChange?.paths),
  "onChange.ignore": ({ onChange }) => each("ignore", onChange?.ignore),
  "onChange.debounceMs": ({ onChange }) => span("debounce", onChange?.debounceMs, 200),
  "onChange.postponed": ({ onChange }) => flag("postpone", onChange?.postponed),
  "onChange.overlap": ({ onChange, restart }) =>
    text("overlap", onChange?.overlap, restart === "no" ? "queue" : "kill"),
  "startsAfter.files": ({ startsAfter }) => each("on-file", startsAfter?.files),
  "startsAfter.ports": ({ startsAfter }) => each("on-port", startsAfter?.ports),
  startMs: ({ startMs, schedule, onChange, restart }) =>
    span("start-seconds", startMs, schedule || (onChange && restart === "no") ? 0 : 1000),
  sockets: ({ sockets }) => each("socket", sockets?.map(socketSetting)),
  onDemand: ({ onDemand }) => [
    ...flag("on-demand", onDemand !== undefined),
    ...span("idle-stop", onDemand?.idleMs),
  ],
  maxLifetimeMs: ({ maxLifetimeMs }) => span("max-lifetime", maxLifetimeMs),
  maxRssBytes: ({ maxRssBytes }) => size("max-rss", maxRssBytes),
  stop: ({ stop }) => {
    const steps = stop.map(({ signal, wait }) => `${signalName(signal)}:${exactSpan(wait)}`);
    return text("stop", [...steps, "KILL"].join(","));
  },
  killMode: ({ killMode }) => text("kill-mode", killMode, "tree"),
  "hooks.pre": ({ hooks }) => program("pre", hooks.pre),
  "hooks.post": ({ hooks }) => program("post", hooks.post),
  "hooks.stop": ({ hooks }) => program("stop-cmd", hooks.stop),
  "hooks.reload": ({ hooks }) => program("reload-cmd", hooks.reload),
  "hooks.onFail": ({ hooks }) => program("on-fail", hooks.onFail),
  "hooks.onUnhealthy": ({ hooks }) => program("on-unhealthy", hooks.onUnhealthy),
  forking: ({ forking }) => flag("forking", forking),
  pidfile: ({ pidfile }) => text("pidfile", pidfile),
  waiter: ({ waiter }) => text("waiter", waiter),
};

/** @returns undefined if no option is known for it. @param setting named as in the record: `log.maxBytes` */
export function wordsOfSetting(
  setting: string,
  settings: KeptSettings,
): readonly StartWord[] | undefined {
  return Object.hasOwn(ROWS, setting) ? ROWS[setting as Setting](settings) : undefined;
}

export function isParted(setting: string): setting is Parted {
  return (PARTED as readonly string[]).includes(setting);
}

export interface StartWords {
  readonly options: readonly StartWord[];
  /** Names of settings without a known option. */
  readonly unknown: readonly string[];
}

/** The shortest equivalent command line. @param ownLog its log is the default one */
export function startWordsOf(settings: KeptSettings, ownLog: boolean): StartWords {
  const all = Object.entries({ ...ROWS, stop: shortStop }).flatMap(([, row]) => row(settings));
  const options = all.filter(({ name, value, usual }) =>
    !usual && !(ownLog && name === "log" && value !== "syslog")
  );
  const unknown = Object.entries(settings).filter(([name, value]) =>
    !["schema", "name", "words", "openFiles"].includes(name) && !isParted(name) &&
    !Object.hasOwn(ROWS, name) && value !== undefined && value !== false
  ).map(([name]) => name);
  return { options, unknown };
}

function shortStop(settings: KeptSettings): readonly StartWord[] {
  const { stop, log: { terminal = false } } = settings;
  const whole = stop.reduce((sum, { wait }) => sum + wait, 0);
  const timeout = span("stop-timeout", whole, 10_000);
  if (JSON.stringify(usualStop(terminal, whole)) === JSON.stringify(stop)) return timeout;
  return stop.length === 1
    ? [...text("stop-signal", signalName(stop[0].signal)), ...timeout]
    : ROWS.stop(settings);
}

function flag(name: string, is = false): readonly StartWord[] {
  return is ? [{ name }] : [];
}

function text(
  name: string,
  value: string | number | undefined,
  usual?: string | number,
): readonly StartWord[] {
  if (value === undefined) return [];
  return [{ name, value: String(value), ...value === usual ? { usual: true } : {} }];
}

function span(name: string, ms: number | undefined, usual?: number): readonly StartWord[] {
  if (ms === undefined) return [];
  return text(name, exactSpan(ms), usual === undefined ? undefined : exactSpan(usual));
}

function size(name: string, bytes: number | undefined): readonly StartWord[] {
  return text(name, bytes === undefined ? undefined : exactSize(bytes));
}

function each(name: string, values: readonly string[] = []): readonly StartWord[] {
  return values.map((value) => ({ name, value }));
}

function program(name: string, words: readonly string[] | undefined): readonly StartWord[] {
  return text(name, words?.map(shellWord).join(" "));
}

/** Infinity is null in a record. */
function limitText(value: number | null): string {
  return value === null || value === Infinity ? "unlimited" : String(value);
}

function octal(mode: number): string {
  return mode.toString(8).padStart(3, "0");
}

/** In one unit, so that nothing is rounded. */
function exactSpan(ms: number): string {
  const units = [["d", 86_400_000], ["h", 3_600_000], ["m", 60_000], ["s", 1000]] as const;
  const [unit, factor] = units.find(([, factor]) => ms > 0 && ms % factor === 0) ?? ["ms", 1];
  return ms === 0 ? "0s" : `${ms / factor}${unit}`;
}

function exactSize(bytes: number): string {
  const units = [["G", 1 << 30], ["M", 1 << 20], ["K", 1 << 10]] as const;
  const [unit, factor] = units.find(([, factor]) => bytes > 0 && bytes % factor === 0) ?? ["", 1];
  return `${bytes / factor}${unit}`;
}
