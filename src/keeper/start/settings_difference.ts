// Pure: differences between recorded and requested settings.
import type { KeptSettings } from "../records/kept_settings.ts";
import { shellWord } from "../../base/shell_words.ts";
import { isParted, type StartWord, wordsOfSetting } from "./setting_words.ts";

/** A setting that differs. Texts for display: without values of variables, which may be secrets. */
export interface SettingDifference {
  /** Named as in the record: `backoff`, `log.maxBytes`. */
  readonly setting: string;
  /** As an option: `--backoff`, `--log-max`; `--` before the program. */
  readonly option: string;
  /** Undefined: it was, or will be, absent. */
  readonly before?: string;
  readonly after?: string;
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Fields without an option. */
const PASSED_OVER = new Set(["schema", "name", "openFiles", "project"]);

export function settingDifferences(before: KeptSettings, after: KeptSettings): SettingDifference[] {
  return changed(record(before), record(after), "").flatMap((setting): SettingDifference[] => {
    if (setting === "environment") return variables(before.environment, after.environment);
    if (setting === "words") {
      const [was, is] = [before, after].map(({ words }) => words.map(shellWord).join(" "));
      return [{ setting, option: "--", before: was, after: is }];
    }
    const [was, is] = [wordsOfSetting(setting, before), wordsOfSetting(setting, after)];
    // Of another imp.
    if (!was || !is) return [{ setting, option: setting, before: "(unknown)", after: "(unknown)" }];
    return [...new Set([...was, ...is].map(({ name }) => name))].map((name) => ({
      setting,
      option: `--${name}`,
      before: shown(was, name),
      after: shown(is, name),
    })).filter(({ before, after }) => before !== after);
  });
}

/** As lines: `- --backoff 100ms..30s` and `+ --backoff 1s..30s`. */
export function differenceLines(found: readonly SettingDifference[]): string[] {
  const line = (sign: string, option: string, value: string | undefined) =>
    value === undefined ? [] : [`${sign} ${option} ${value}`.trimEnd()];
  return found.flatMap(({ option, before, after }) => [
    ...line("-", option, before),
    ...line("+", option, after),
  ]);
}

/** Names of settings that differ. */
function changed(
  before: Record<string, Json>,
  after: Record<string, Json>,
  prefix: string,
): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((name) => {
    const [one, other] = [before[name], after[name]];
    if (PASSED_OVER.has(prefix + name) || same(one, other)) return [];
    return prefix === "" && isParted(name)
      ? changed(parts(one), parts(other), `${name}.`)
      : [prefix + name];
  });
}

/** The values of an option, which may be repeated; empty if it takes none, undefined if absent. */
function shown(words: readonly StartWord[], name: string): string | undefined {
  const values = words.filter((word) => word.name === name).map(({ value }) => value);
  if (values.length === 0) return undefined;
  return values.map((value) => value === undefined ? "" : shellWord(value)).join(` --${name} `);
}

/** Which variables differ, by name. */
function variables(before: readonly string[], after: readonly string[]): SettingDifference[] {
  const [one, other] = [byName(before), byName(after)];
  return [...new Set([...one.keys(), ...other.keys()])]
    .filter((name) => one.get(name) !== other.get(name))
    .map((name) => ({
      setting: `environment ${name}`,
      option: `--env ${name}`,
      before: one.has(name) ? "(a value that is not shown)" : undefined,
      after: other.has(name) ? `(${one.has(name) ? "another" : "a"} value)` : undefined,
    }));
}

function byName(words: readonly string[]): Map<string, string> {
  return new Map(words.map((word) => {
    const equals = word.indexOf("=");
    return [word.slice(0, equals), word.slice(equals + 1)];
  }));
}

function same(one: Json | undefined, other: Json | undefined): boolean {
  return canonical(one) === canonical(other);
}

/** Independent of the order of keys. */
function canonical(value: Json | undefined): string {
  return JSON.stringify(
    value,
    (_, part) =>
      part && typeof part === "object" && !Array.isArray(part)
        ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => a < b ? -1 : 1))
        : part,
  ) ?? "";
}

/** As recorded, without undefined fields; except for the output, which is one option. */
function record(settings: KeptSettings): Record<string, Json> {
  const { target, ...log } = settings.log;
  const stdout = target === "syslog" ? "syslog" : log.stdout ?? "none";
  return JSON.parse(JSON.stringify({ ...settings, log: { ...log, stdout } }));
}

function parts(value: Json | undefined): Record<string, Json> {
  return value && typeof value === "object" && !Array.isArray(value)
    ? { ...value } as Record<string, Json>
    : {};
}
