// Pure: which values a file may have. The only module that loads valibot, and only for imp.toml.
import * as v from "valibot";
import type { DaemonKey } from "./daemon_keys.ts";

/** A value of a wrong type. @field path from the table */
export interface TypeTrouble {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

const scalar = v.union([v.string(), v.number()], "a text or a number");
const variable = v.union([v.string(), v.number(), v.boolean()], "a text, a number, true or false");
const text = v.string("a text");
const listOf = <T extends v.GenericSchema>(element: T) => v.array(element, "a list");

const oneOrList = v.lazy((value) => Array.isArray(value) ? listOf(scalar) : scalarOrList);
const scalarOrList = v.union([v.string(), v.number()], "a text, a number, or a list of them");
const names = v.lazy((value) => Array.isArray(value) ? listOf(text) : textOrList);
const textOrList = v.string("a text, or a list of texts");
const words = v.lazy((value) => Array.isArray(value) ? listOf(text) : wordsOrList);
const wordsOrList = v.string("a text, or a list of words");
const pairs = v.lazy((value) =>
  isTable(value)
    ? v.record(v.string(), variable)
    : Array.isArray(value)
    ? listOf(text)
    : pairsOrList
);
const pairsOrList = v.custom<never>(() => false, "a table, or a list of texts K=V");

function schemaOf({ kind, choices }: DaemonKey): v.GenericSchema {
  switch (kind) {
    case "flag":
      return v.boolean("true or false");
    case "text":
      return choices ? v.picklist(choices, `one of ${choices.join(", ")}`) : scalar;
    case "texts":
      return oneOrList;
    case "pairs":
      return pairs;
    case "words":
      return words;
    case "names":
      return names;
  }
}

/** The wrong types among the values of a table, by key. Unknown keys are ignored. */
export function typeTroubles(
  keys: readonly DaemonKey[],
  table: Readonly<Record<string, unknown>>,
): TypeTrouble[] {
  const schema = v.object(
    Object.fromEntries(keys.map((key) => [key.name, v.optional(schemaOf(key))])),
  );
  const { issues = [] } = v.safeParse(schema, table);
  return issues.map(({ path = [], message, input }) => {
    const at = path.map(({ key }) => key as string | number);
    const said = typeof input === "string" ? `'${input}'` : kindOf(input);
    const last = at.findLast((one) => typeof one === "string");
    return { path: at, message: `${last} must be ${message}, not ${said}` };
  });
}

function isTable(value: unknown): boolean {
  return kindOf(value) === "a table";
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (value instanceof Date) return "a date";
  switch (typeof value) {
    case "boolean":
      return String(value);
    case "number":
    case "bigint":
      return `the number ${value}`;
    case "string":
      return "a text";
    default:
      return "a table";
  }
}
