// Pure: settings as they are asked for on the command line.
import { formatDuration } from "../../base/duration.ts";
import { formatSize } from "../../base/size.ts";
import { signalName } from "../../libc/processes/signals.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import { socketSetting } from "../sockets/kept_socket.ts";

/** Of settings whose option is called otherwise than they are: without `Ms`, `Bytes` and `log.` most are not. */
const OPTIONS: Record<string, string> = {
  ...{
    words: "",
    directory: "chdir",
    sockets: "socket",
    environment: "env",
    environmentFiles: "env-file",
  },
  ...{
    clearEnvironment: "clear-env",
    ioPriority: "ionice",
    limits: "limit",
    startMs: "start-seconds",
  },
  ...{ noNewPrivileges: "no-new-privs", "log.stdout": "log", "log.stderr": "log-err" },
  ...{ "log.terminal": "tty", "log.maxBytes": "log-max", "log.reopenSignal": "log-reopen" },
  ...{ "hooks.stop": "stop-cmd", "hooks.reload": "reload-cmd" },
  "onChange.paths": "on-change",
  "onChange.ignore": "ignore",
  "onChange.debounceMs": "debounce",
  "onChange.postponed": "postpone",
  "onChange.overlap": "overlap",
  "startsAfter.files": "on-file",
  "startsAfter.ports": "on-port",
};

/** The option by which a setting is given; `--` for the program. @param setting as the record calls it: `log.maxBytes` */
export function optionOfSetting(setting: string): string {
  const name = OPTIONS[setting] ??
    setting.replace(/(?:Ms|Bytes)$/, "").replace(/^(?:schedule|hooks)\./, "").replace(".", "-");
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** The value of that option; empty where it has none, undefined where it is not given. Several, where it is given so often. */
export function valuesOfSetting(setting: string, value: Json | undefined): string[] | undefined {
  if (value === undefined || value === false || value === null) return undefined;
  if (value === true) return [""];
  const special = SPECIAL[setting];
  if (special) return special(value as never);
  if (typeof value === "number") {
    if (setting.endsWith("Ms")) return [formatDuration(value)];
    return [setting.endsWith("Bytes") ? formatSize(value) : String(value)];
  }
  if (!Array.isArray(value)) return [String(value)];
  if (value.length === 0) return undefined;
  return MANY.has(setting)
    ? value.map((one) => wordText(String(one)))
    : [value.map(wordText).join(" ")];
}

/** Given once for each. */
const MANY = new Set([
  ...["environmentFiles", "ready", "onChange.paths", "onChange.ignore"],
  ...["startsAfter.files", "startsAfter.ports"],
]);

type Shape<K extends keyof KeptSettings> = (value: NonNullable<KeptSettings[K]>) => string[];

const SPECIAL: Record<string, ((value: never) => string[] | undefined) | undefined> = {
  umask: ((value) => [value.toString(8).padStart(3, "0")]) satisfies Shape<"umask">,
  stop: ((steps) => [
    [...steps.map(({ signal, wait }) => `${signalName(signal)}:${formatDuration(wait)}`), "KILL"]
      .join(","),
  ]) satisfies Shape<"stop">,
  backoff: (({ firstMs, mostMs }) => [
    `${formatDuration(firstMs)}..${formatDuration(mostMs)}`,
  ]) satisfies Shape<"backoff">,
  maxRestarts: (({ count, withinMs }) => [
    `${count}/${formatDuration(withinMs)}`,
  ]) satisfies Shape<"maxRestarts">,
  ioPriority: (({ class: kind, level }) => [
    kind === 3 ? "idle" : `${kind === 1 ? "realtime" : "best-effort"}:${level}`,
  ]) satisfies Shape<"ioPriority">,
  limits:
    ((limits) =>
      limits.map(({ name, limit: { soft, hard } }) =>
        `${name}=${limitText(soft)}${hard === undefined ? "" : `:${limitText(hard)}`}`
      )) satisfies Shape<"limits">,
  sockets: ((sockets) => sockets.map(socketSetting)) satisfies Shape<"sockets">,
  // Two options, of which the second one implies the first.
  onDemand: (({ idleMs }) => [
    idleMs === undefined ? "" : `--idle-stop ${formatDuration(idleMs)}`,
  ]) satisfies Shape<"onDemand">,
  success: ((list) => list.length === 0 ? undefined : [list.join(",")]) satisfies (
    list: KeptSettings["success"],
  ) => string[] | undefined,
  "log.reopenSignal": (signal: number) => [signalName(signal)],
};

/** In a record Infinity is null. */
function limitText(value: number | null): string {
  return value === null || value === Infinity ? "unlimited" : String(value);
}

/** Words as they can be told apart. */
function wordText(word: Json): string {
  const text = String(word);
  return /^[\w@%+=:,./-]+$/.test(text) ? text : JSON.stringify(text);
}
