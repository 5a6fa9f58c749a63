import { parse, TomlError } from "smol-toml";
import type { FilePosition, Mistakes } from "./mistakes.ts";
import { filePositionAt } from "./mistakes.ts";
import { type KeyPath, TomlPositions } from "./toml_positions.ts";
import { replaceVariables } from "./variables.ts";

export type TomlValue = unknown;
export type TomlTree = Readonly<Record<string, TomlValue>>;

/** A TOML file and the positions of everything in it. */
export class TomlFile {
  private positions: TomlPositions | undefined;

  private constructor(
    /** As shown to the user. */
    readonly shown: string,
    private readonly text: string,
    readonly tree: TomlTree,
  ) {}

  /** @returns undefined if it is not TOML: then that is among the mistakes */
  static parse(shown: string, text: string, mistakes: Mistakes): TomlFile | undefined {
    try {
      return new TomlFile(shown, text, parse(text) as TomlTree);
    } catch (error) {
      if (!(error instanceof TomlError)) throw error;
      const { line, column, message } = error;
      const [first] = message.replace("Invalid TOML document: ", "").split("\n");
      const lines = text.split("\n");
      const shownLine = (lines[line - 1] ?? "").replace(/\r$/, "");
      const at = { file: shown, line, column, text: shownLine };
      mistakes.add({ at, message: first.trim() });
      return undefined;
    }
  }

  /** The position of a key, or of an element of a list. */
  keyAt(path: KeyPath): FilePosition {
    return filePositionAt(this.shown, this.text, this.places.keyAt(path));
  }

  valueAt(path: KeyPath): FilePosition {
    return filePositionAt(this.shown, this.text, this.places.valueAt(path));
  }

  /** A value with its variables replaced. */
  replaced(
    value: TomlValue,
    path: KeyPath,
    valueOf: (name: string) => string | undefined,
    mistakes: Mistakes,
  ): TomlValue {
    if (typeof value === "string") {
      if (!value.includes("$")) return value;
      const { text, troubles } = replaceVariables(value, valueOf);
      for (const trouble of troubles) mistakes.add({ at: this.valueAt(path), ...trouble });
      return text;
    }
    if (Array.isArray(value)) {
      return value.map((one, i) => this.replaced(one, [...path, i], valueOf, mistakes));
    }
    if (isTomlTable(value)) {
      return Object.fromEntries(
        Object.entries(value).map((
          [key, one],
        ) => [key, this.replaced(one, [...path, key], valueOf, mistakes)]),
      );
    }
    return value;
  }

  private get places(): TomlPositions {
    return this.positions ??= new TomlPositions(this.text);
  }
}

export function isTomlTable(value: unknown): value is TomlTree {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    !(value instanceof Date);
}
