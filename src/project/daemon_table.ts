import { ImpError, UsageError } from "../base/errors.ts";
import { splitWords } from "../base/split_words.ts";
import { canonicalKey, type DaemonKey } from "./daemon_keys.ts";
import { FINISHED, parseDependency } from "./dependencies.ts";
import type { FilePosition, Mistakes } from "./mistakes.ts";
import type { GivenOption, ProjectDaemon, ProjectDependency } from "./project.ts";
import { typeTroubles } from "./project_schema.ts";
import type { TomlFile, TomlTree } from "./toml_file.ts";
import type { KeyPath } from "./toml_positions.ts";

/** One key of a table, and its position. */
interface TableEntry {
  readonly key: DaemonKey;
  readonly value: unknown;
  readonly file: TomlFile;
  readonly path: KeyPath;
}

/** The valid keys of a table by name. */
export type TableEntries = ReadonlyMap<string, TableEntry>;

/** Checks a table: each key is known, given once, and has a value of its type. */
export function checkTable(
  file: TomlFile,
  path: KeyPath,
  table: TomlTree,
  keys: readonly DaemonKey[],
  mistakes: Mistakes,
): TableEntries {
  const entries = new Map<string, TableEntry>();
  for (const [raw, value] of Object.entries(table)) {
    const name = canonicalKey(raw);
    const key = keys.find((one) => one.name === name);
    const at = [...path, raw];
    if (!key) {
      mistakes.add({
        at: file.keyAt(at),
        message: `unknown key '${raw}' in [${path.join(".")}]`,
        word: name,
        known: keys.map((one) => one.name),
      });
    } else if (entries.has(name)) {
      mistakes.add({
        at: file.keyAt(at),
        message: `'${raw}' is the same as '${
          entries.get(name)!.path.at(-1)
        }', which stands here already`,
      });
    } else entries.set(name, { key, value, file, path: at });
  }
  const values = Object.fromEntries([...entries].map(([name, { value }]) => [name, value]));
  const troubles = typeTroubles(keys, values);
  for (const { path: [name, ...inside], message } of troubles) {
    mistakes.add({ at: file.valueAt([...entries.get(String(name))!.path, ...inside]), message });
  }
  // A table may have several.
  for (const { path: [name] } of troubles) entries.delete(String(name));
  return entries;
}

/** Defaults and what overrides them; tables of variables are merged. */
export function mergeEntries(below: TableEntries, above: TableEntries): TableEntries[] {
  const kept = [...below].filter(([name, { key }]) => key.kind === "pairs" || !above.has(name));
  // If several words set one variable, the last one counts.
  return [new Map(kept), above];
}

/**
 * @param layers the tables that define it, its own last
 * @param told its command, or that it is no table, is reported as a mistake already
 */
export function daemonOf(
  name: string,
  layers: readonly TableEntries[],
  position: () => FilePosition,
  mistakes: Mistakes,
  told: boolean,
): ProjectDaemon {
  const own = layers[layers.length - 1];
  const words = told ? UNKNOWN : wordsOf(name, own, position, mistakes);
  const depends = dependsOf(own, mistakes);
  const profiles = textsOf(own.get("profiles")?.value);
  const given = layers.flatMap((layer) => [...layer.values()].flatMap(optionsOf));
  const placed = given.some((option) => option.name === "chdir" || option.name === "chroot")
    ? given
    : [{ name: "chdir", text: ".", position }, ...given];
  const said = layers.findLast((layer) => layer.has("at-boot"));
  const atBoot = said?.get("at-boot")?.value as boolean | undefined;
  const boot = atBoot === undefined ? {} : { atBoot };
  return { name, words, given: placed, depends, profiles, ...boot, position };
}

/** Stands for a command already reported as a mistake, so that the other keys are checked as well. */
const UNKNOWN = ["?"];

function wordsOf(
  name: string,
  own: TableEntries,
  position: () => FilePosition,
  mistakes: Mistakes,
): readonly string[] {
  const entry = own.get("command");
  if (!entry) {
    mistakes.add({
      at: position(),
      message: `'${name}' has no command`,
      hint: 'for example command = "python3 -m http.server"',
    });
    return UNKNOWN;
  }
  const { value, file, path } = entry;
  try {
    const words = typeof value === "string" ? splitWords(value) : value as string[];
    if (words.length > 0 && words[0] !== "") return words;
    mistakes.add({ at: file.valueAt(path), message: `the command of '${name}' is empty` });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    mistakes.add({ at: file.valueAt(path), message: error.message, hint: error.hint });
  }
  return UNKNOWN;
}

function dependsOf(own: TableEntries, mistakes: Mistakes): ProjectDependency[] {
  const entry = own.get("depends");
  return textsOf(entry?.value).flatMap((text, i): ProjectDependency[] => {
    const { file, path } = entry!;
    const at = Array.isArray(entry!.value) ? [...path, i] : path;
    const position = () => file.valueAt(at);
    const dependency = parseDependency(text);
    if (dependency) return [{ ...dependency, position }];
    mistakes.add({
      at: position(),
      message: `'${text}' names no daemon`,
      hint: `write NAME, or NAME:${FINISHED} for one that must have ended`,
    });
    return [];
  });
}

function optionsOf({ key, value, file, path }: TableEntry): GivenOption[] {
  const { name, own, kind } = key;
  const position = () => file.valueAt(path);
  if (own) return [];
  if (kind === "flag") return value ? [{ name, position }] : [];
  if (Array.isArray(value)) {
    return value.map((one, i) => ({
      name,
      text: String(one),
      position: () => file.valueAt([...path, i]),
    }));
  }
  if (kind !== "pairs") return [{ name, text: String(value), position }];
  return Object.entries(value as TomlTree).map(([variable, one]) => ({
    name,
    text: `${variable}=${one}`,
    position: () => file.keyAt([...path, variable]),
  }));
}

function textsOf(value: unknown): string[] {
  return value === undefined ? [] : Array.isArray(value) ? value as string[] : [String(value)];
}

/** Reports why a file named in another one cannot be used. */
export function addFailure(mistakes: Mistakes, at: FilePosition, error: unknown): void {
  if (!(error instanceof ImpError)) throw error;
  mistakes.add({ at, message: error.message, hint: error.hint });
}
