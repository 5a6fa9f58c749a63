// Pure: a kept daemon's settings in short. Values of environment variables are never shown: they may be secrets.
import { formatDuration } from "../../base/duration.ts";
import { formatSize } from "../../base/size.ts";
import { SIGNAL_NAMES } from "../../libc/abi.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import { healthSettingsText } from "../health/kept_health.ts";
import { limitsText } from "../limits/resource_limits.ts";
import { sandboxText } from "../sandbox/sandbox.ts";
import { scheduleText } from "../schedule/times.ts";
import { onDemandText, socketSetting } from "../sockets/kept_socket.ts";

export type SettingRow = readonly [name: string, value: string];

/** One row for each setting that differs from imp's default. */
export function settingRows(settings: KeptSettings): SettingRow[] {
  const { restart, backoff, maxRestarts, ready, stop, killMode, log } = settings;
  const rows: (SettingRow | false | undefined)[] = [
    ...projectRows(settings.project),
    [
      "restart",
      restart === "no"
        ? "no"
        : `${restart}, ${formatDuration(backoff.firstMs)} to ${
          formatDuration(backoff.mostMs)
        } later${
          maxRestarts
            ? `, at most ${maxRestarts.count} in ${formatDuration(maxRestarts.withinMs)}`
            : ""
        }`,
    ],
    settings.schedule && ["schedule", scheduleText(settings.schedule)],
    settings.sockets && ["sockets", settings.sockets.map(socketSetting).join(", ")],
    settings.onDemand && ["on demand", onDemandText(settings.onDemand)],
    settings.onChange && ["on change", onChangeText(settings.onChange)],
    settings.startsAfter && ["starts after", startsAfterText(settings.startsAfter)],
    ready.length > 0 && ["ready when", ready.join(" and ")],
    settings.health && ["probed by", healthSettingsText(settings.health)],
    [
      "stop",
      stop.map(({ signal, wait }) => `${nameOf(signal)} ${formatDuration(wait)}`).concat("KILL")
        .join(", ") + (killMode === "main" ? " (the main process alone)" : ""),
    ],
    settings.directory !== "/" && ["directory", settings.directory],
    settings.user !== undefined && ["user", settings.user],
    settings.chroot !== undefined && ["root", settings.chroot],
    environmentRow(settings),
    settings.success.length > 0 && ["normal ends", settings.success.join(", ")],
    settings.forking && ["forking", "the program turns itself into a daemon"],
    log.terminal && ["terminal", `its own; imp attach ${settings.name} connects to it`],
    settings.pidfile !== undefined && ["pidfile", settings.pidfile],
    settings.watchdogMs !== undefined && ["watchdog", formatDuration(settings.watchdogMs)],
    settings.maxLifetimeMs !== undefined && ["lifetime", formatDuration(settings.maxLifetimeMs)],
    settings.maxRssBytes !== undefined && ["memory at most", formatSize(settings.maxRssBytes)],
    settings.nice !== undefined && ["nice", String(settings.nice)],
    settings.ioPriority !== undefined &&
    ["I/O", `class ${settings.ioPriority.class}, level ${settings.ioPriority.level}`],
    settings.oomScore !== undefined && ["oom score", String(settings.oomScore)],
    settings.limits.length > 0 && ["limits", settings.limits.map(limitText).join(", ")],
    settings.resources && ["limited to", limitsText(settings.resources)],
    settings.sandbox && ["sandbox", sandboxText(settings.sandbox)],
    settings.noChildren && ["children", "none: the program may not start any"],
    settings.noNewPrivileges && ["privileges", "set-user-ID programs gain it nothing"],
    ...hookRows(settings),
    (log.maxBytes !== undefined || log.format !== "raw") && ["log kept", logText(log)],
    settings.waiter !== undefined && ["keepers", waiterText(settings.waiter)],
  ];
  return rows.filter((row) => row !== false && row !== undefined);
}

function onChangeText(
  { paths, ignore, debounceMs, postponed, overlap }: NonNullable<KeptSettings["onChange"]>,
): string {
  const HOW = { kill: "restarted", queue: "run again", skip: "run again, unless it runs" };
  return [
    `${HOW[overlap]} when ${paths.join(", ")} changes`,
    ...postponed ? ["not before the first change"] : [],
    ...ignore.length > 0 ? [`but for ${ignore.join(" ")}`] : [],
    `after ${formatDuration(debounceMs)} without a change`,
  ].join(", ");
}

function startsAfterText(
  { files, ports }: NonNullable<KeptSettings["startsAfter"]>,
): string {
  return [...files.map((file) => `file ${file}`), ...ports.map((port) => `port ${port}`)]
    .join(" and ");
}

/** Where the keepers' code is. */
export function waiterText(kind: "file" | "memfd" | "resident"): string {
  switch (kind) {
    case "file":
      return "code in a file";
    case "memfd":
      return "code in memory";
    case "resident":
      return "imp itself, resident";
  }
}

/** The names of variables set by the settings. */
export function variableNames({ environment }: Pick<KeptSettings, "environment">): string[] {
  return environment.map((word) => word.slice(0, Math.max(0, word.indexOf("="))));
}

function environmentRow(settings: KeptSettings): SettingRow | undefined {
  const { clearEnvironment, environmentFiles } = settings;
  const names = variableNames(settings);
  const parts = [
    ...(clearEnvironment ? ["none but what is given"] : []),
    ...(names.length > 0 ? [names.join(", ")] : []),
    ...environmentFiles.map((file) => `from ${file}`),
  ];
  return parts.length === 0 ? undefined : ["environment", parts.join("; ")];
}

function projectRows(project: KeptSettings["project"]): (SettingRow | false)[] {
  if (!project) return [];
  const { file, depends } = project;
  return [["belongs to", file], depends.length > 0 && ["depends on", depends.join(", ")]];
}

function hookRows({ hooks }: KeptSettings): SettingRow[] {
  return Object.entries(hooks).flatMap(([name, words]): SettingRow[] =>
    words ? [[`${name} command`, words.join(" ")]] : []
  );
}

function limitText({ name, limit: { soft, hard } }: KeptSettings["limits"][number]): string {
  const text = (value: number) => value === Infinity ? "unlimited" : String(value);
  return `${name} ${text(soft)}${hard === undefined ? "" : `:${text(hard)}`}`;
}

function logText({ maxBytes, keep, format }: KeptSettings["log"]): string {
  const size = maxBytes === undefined ? [] : [`${keep} parts of ${formatSize(maxBytes)}`];
  return [...size, ...(format === "raw" ? [] : [`format ${format}`])].join(", ");
}

function nameOf(signal: number): string {
  return SIGNAL_NAMES.split(" ")[signal] ?? String(signal);
}
