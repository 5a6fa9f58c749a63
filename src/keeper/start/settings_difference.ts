// Pure: what is different between the settings on record and those that are asked for.
import { formatDuration } from "../../base/duration.ts";
import { formatSize } from "../../base/size.ts";
import { signalName } from "../../libc/processes/signals.ts";
import type { StopStep } from "../../termination/schedule.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import { type KeptSocket, onDemandText, socketSetting } from "../sockets/kept_socket.ts";

/** One setting that is not the same. Texts that a reader may see: values of variables are left out, they may be secrets. */
export interface SettingDifference {
  /** As the record calls it: `backoff`, `log.maxBytes`. */
  readonly setting: string;
  /** Undefined: it was, or is to be, left out. */
  readonly before?: string;
  readonly after?: string;
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Settings whose parts are compared one by one. */
const PARTS = new Set(["log", "hooks"]);
/** What is nobody's option. */
const PASSED_OVER = new Set(["schema", "name", "openFiles"]);

export function settingDifferences(before: KeptSettings, after: KeptSettings): SettingDifference[] {
  return differences(record(before), record(after), "");
}

/** As lines: `- backoff 100ms..30s` and `+ backoff 1s..30s`. */
export function differenceLines(found: readonly SettingDifference[]): string[] {
  return found.flatMap(({ setting, before, after }) => [
    ...before === undefined ? [] : [`- ${setting}: ${before}`],
    ...after === undefined ? [] : [`+ ${setting}: ${after}`],
  ]);
}

function differences(
  before: Record<string, Json>,
  after: Record<string, Json>,
  prefix: string,
): SettingDifference[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((name): SettingDifference[] => {
    const [one, other] = [before[name], after[name]];
    if (PASSED_OVER.has(prefix + name) || same(one, other)) return [];
    if (PARTS.has(prefix + name)) return differences(parts(one), parts(other), `${name}.`);
    if (name === "environment") return variables(texts(one), texts(other));
    return [{ setting: prefix + name, before: shown(name, one), after: shown(name, other) }];
  });
}

/** Which variables differ, by name. */
function variables(before: readonly string[], after: readonly string[]): SettingDifference[] {
  const [one, other] = [byName(before), byName(after)];
  return [...new Set([...one.keys(), ...other.keys()])]
    .filter((name) => one.get(name) !== other.get(name))
    .map((name) => ({
      setting: `environment ${name}`,
      before: one.has(name) ? "a value that is not shown" : undefined,
      after: other.has(name) ? `${one.has(name) ? "another" : "a"} value` : undefined,
    }));
}

function byName(words: readonly string[]): Map<string, string> {
  return new Map(words.map((word) => {
    const equals = word.indexOf("=");
    return [word.slice(0, equals), word.slice(equals + 1)];
  }));
}

function shown(name: string, value: Json | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (name === "umask") return (value as number).toString(8).padStart(3, "0");
  if (name === "sockets") return words((value as unknown as KeptSocket[]).map(socketSetting));
  if (name === "onDemand") return onDemandText(value as KeptSettings["onDemand"]);
  if (name === "stop") {
    const steps = (value as unknown as StopStep[]).map(({ signal, wait }) =>
      `${signalName(signal)}:${formatDuration(wait)}`
    );
    return [...steps, "KILL"].join(",");
  }
  if (typeof value === "number" && name.endsWith("Ms")) return formatDuration(value);
  if (typeof value === "number" && name.endsWith("Bytes")) return formatSize(value);
  if (Array.isArray(value) && value.length === 0) return undefined;
  if (Array.isArray(value) && value.every((one) => typeof one === "string")) return words(value);
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Words as they can be told apart. */
function words(list: readonly string[]): string {
  return list.map((word) => /^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word)).join(" ");
}

function same(one: Json | undefined, other: Json | undefined): boolean {
  return canonical(one) === canonical(other);
}

/** Without regard to the order of keys. */
function canonical(value: Json | undefined): string {
  return JSON.stringify(
    value,
    (_, part) =>
      part && typeof part === "object" && !Array.isArray(part)
        ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => a < b ? -1 : 1))
        : part,
  ) ?? "";
}

/** As it is on record, where what is undefined is left out. */
function record(settings: KeptSettings): Record<string, Json> {
  return JSON.parse(JSON.stringify(settings));
}

function parts(value: Json | undefined): Record<string, Json> {
  return value && typeof value === "object" && !Array.isArray(value)
    ? { ...value } as Record<string, Json>
    : {};
}

function texts(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
