import { dirname } from "@std/path/dirname";
import { readEnvironmentFile } from "../keeper/turn/environment_file.ts";
import { isPattern, selectNames } from "../keeper/selection.ts";
import { systemError } from "../libc/calling/errno.ts";
import { listDirectory } from "../libc/descriptors/stat.ts";
import { absolute } from "../libc/processes/program_file.ts";
import { nameOf, wordText } from "../libc/processes/process_image.ts";
import {
  addFailure,
  checkTable,
  daemonOf,
  mergeEntries,
  type TableEntries,
} from "./daemon_table.ts";
import { type DaemonKey, defaultKeys } from "./daemon_keys.ts";
import type { FilePosition, Mistakes } from "./mistakes.ts";
import type { ProjectDaemon } from "./project.ts";
import { type ProjectText, readProjectFile } from "./project_file.ts";
import { isTomlTable, TomlFile, type TomlTree } from "./toml_file.ts";

type Lookup = (name: string) => string | undefined;

/** What an included file inherits from the one that includes it. */
interface Above {
  /** The files on the way to it, the first one first. */
  readonly chain: readonly string[];
  readonly valueOf: Lookup;
  readonly defaults: TableEntries;
}

const TOP_KEYS = ["include", "env-file", "defaults", "daemons"];
const DEEPEST = 20;

/** Reads imp.toml and what it includes: included files first, in their order. */
export class TomlProject {
  private readonly daemons = new Map<string, ProjectDaemon>();
  private readonly seen = new Set<string>();
  private readonly names = new Map<string, () => FilePosition>();

  /**
   * @param directory where relative paths start
   * @param shownAs how a path is shown
   * @param variable the caller's variables
   */
  constructor(
    private readonly keys: readonly DaemonKey[],
    private readonly directory: string,
    private readonly shownAs: (path: string) => string,
    private readonly variable: Lookup,
    private readonly mistakes: Mistakes,
  ) {}

  read(top: ProjectText): ProjectDaemon[] {
    this.take(top, { chain: [], valueOf: this.variable, defaults: new Map() });
    return [...this.daemons.values()];
  }

  private take({ path, text }: ProjectText, above: Above): void {
    const { mistakes } = this;
    this.seen.add(path);
    const file = TomlFile.parse(this.shownAs(path), text, mistakes);
    if (!file) {
      this.mistakes.hideNames = true;
      return;
    }
    const known = this.topKeys(file);
    const valueOf = this.lookup(file, known, above.valueOf);
    const replaced = (name: string) => {
      const raw = known.get(name);
      return raw === undefined
        ? undefined
        : file.replaced(file.tree[raw], [raw], valueOf, mistakes);
    };
    const defaults = this.defaults(file, replaced("defaults"), above.defaults);
    const chain = [...above.chain, path];
    this.texts(file, known.get("include"), replaced("include")).forEach(({ text, at }) => {
      this.include(text, at, { chain, valueOf, defaults });
    });
    this.tables(file, replaced("daemons"), defaults);
  }

  /** Known keys by name, as written. */
  private topKeys(file: TomlFile): Map<string, string> {
    const known = new Map<string, string>();
    for (const [raw, value] of Object.entries(file.tree)) {
      const name = raw.replaceAll("_", "-");
      if (TOP_KEYS.includes(name)) known.set(name, raw);
      else {
        const hint = isTomlTable(value) && "command" in value
          ? { hint: `a daemon is a table of this name: [daemons.${raw}]` }
          : { word: name, known: TOP_KEYS };
        this.mistakes.add({ at: file.keyAt([raw]), message: `unknown key '${raw}'`, ...hint });
      }
    }
    return known;
  }

  /** The caller's variables come first, then this file's `env-file`, then those of the including file. */
  private lookup(file: TomlFile, known: ReadonlyMap<string, string>, above: Lookup): Lookup {
    const raw = known.get("env-file");
    if (raw === undefined) return above;
    const value = file.replaced(file.tree[raw], [raw], above, this.mistakes);
    const variables = new Map<string, string>();
    for (const { text, at } of this.texts(file, raw, value)) {
      try {
        for (const word of readEnvironmentFile(absolute(text, this.directory))) {
          const name = nameOf(word) ?? "";
          variables.set(name, wordText(word).slice(name.length + 1));
        }
      } catch (error) {
        addFailure(this.mistakes, at(), error);
      }
    }
    return (name) => this.variable(name) ?? variables.get(name) ?? above(name);
  }

  /** A text, or a list of texts, with their positions. */
  private texts(
    file: TomlFile,
    raw: string | undefined,
    value: unknown,
  ): { text: string; at: () => FilePosition }[] {
    if (raw === undefined) return [];
    const list = Array.isArray(value) ? value : [value];
    return list.flatMap((text, i) => {
      const at = () => file.valueAt(Array.isArray(value) ? [raw, i] : [raw]);
      if (typeof text === "string" && text !== "") return [{ text, at }];
      this.mistakes.add({ at: at(), message: `${raw} must be a text, or a list of texts` });
      return [];
    });
  }

  private defaults(file: TomlFile, value: unknown, above: TableEntries): TableEntries {
    if (value === undefined) return above;
    const table = this.table(file, ["defaults"], value);
    const own = checkTable(file, ["defaults"], table, defaultKeys(this.keys), this.mistakes);
    return new Map([...above, ...own]);
  }

  private tables(file: TomlFile, value: unknown, defaults: TableEntries): void {
    const { mistakes, daemons, names } = this;
    if (value === undefined) return;
    for (const [name, one] of Object.entries(this.table(file, ["daemons"], value))) {
      const path = ["daemons", name];
      const position = () => file.keyAt(path);
      const before = names.get(name);
      if (before) {
        mistakes.add({
          at: position(),
          message: `there are two daemons '${name}'`,
          hint: `the other one is in ${before().file}, line ${before().line}`,
        });
        continue;
      }
      names.set(name, position);
      const own = checkTable(file, path, this.table(file, path, one), this.keys, mistakes);
      const told = !own.has("command") && (!isTomlTable(one) || Object.hasOwn(one, "command"));
      daemons.set(name, daemonOf(name, mergeEntries(defaults, own), position, mistakes, told));
    }
  }

  /** @returns an empty one if it is not a table */
  private table(file: TomlFile, path: readonly string[], value: unknown): TomlTree {
    if (isTomlTable(value)) return value;
    this.mistakes.add({
      at: file.keyAt(path),
      message: `${path.join(".")} must be a table`,
      hint: `write [${path.join(".")}]`,
    });
    return {};
  }

  private include(text: string, at: () => FilePosition, above: Above): void {
    const { chain } = above;
    const from = chain[chain.length - 1];
    const base = dirname(from);
    for (const path of this.filesOf(absolute(text, base), at)) {
      try {
        const found = readProjectFile(path);
        if (chain.includes(found.path)) {
          const circle = [...chain.slice(chain.indexOf(found.path)), found.path];
          const way = circle.map(this.shownAs).join(" -> ");
          this.mistakes.add({ at: at(), message: `the files include each other: ${way}` });
        } else if (this.seen.has(found.path)) {
          const message = `${this.shownAs(found.path)} is included twice`;
          this.mistakes.add({ at: at(), message });
        } else if (chain.length >= DEEPEST) {
          this.mistakes.add({ at: at(), message: `files include files, ${DEEPEST} deep` });
        } else this.take(found, above);
      } catch (error) {
        addFailure(this.mistakes, at(), error);
        this.mistakes.hideNames = true;
      }
    }
  }

  /** One file, or those that match, sorted; possibly none. */
  private filesOf(path: string, at: () => FilePosition): string[] {
    const slash = path.lastIndexOf("/");
    const directory = path.slice(0, slash), last = path.slice(slash + 1);
    if (isPattern(directory)) {
      this.mistakes.add({
        at: at(),
        message: `in '${path}' only the name of the file may be a pattern`,
      });
      return [];
    }
    if (!isPattern(last)) return [path];
    const names = listDirectory(directory);
    if (names === "ENOENT") return [];
    if (typeof names === "string") {
      this.mistakes.add({ at: at(), message: systemError(names, "list", directory).message });
      return [];
    }
    const visible = names.filter((name) => !name.startsWith(".") || last.startsWith(".")).sort();
    return selectNames({ words: [last], all: false }, visible).names
      .map((name) => `${directory}/${name}`);
  }
}
