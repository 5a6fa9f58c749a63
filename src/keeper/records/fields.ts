// Pure: what is looked at in a record before it is believed.
import type { RecordFields } from "./record_file.ts";

type FieldKind = "string" | "number" | "boolean" | "list of strings" | "list" | "object";

/** The names of fields by what they must be; `?` behind one that may be left out. */
export type FieldKinds = Readonly<Record<string, FieldKind | `${FieldKind}?`>>;

/** What is wrong with the fields of a record, in words; undefined: nothing. Fields that are not known are let pass. */
export function wrongField(fields: RecordFields, kinds: FieldKinds): string | undefined {
  for (const [name, wanted] of Object.entries(kinds)) {
    const value = fields[name];
    if (value === undefined && wanted.endsWith("?")) continue;
    const kind = wanted.replace("?", "") as FieldKind;
    if (!isOf(kind, value)) return `'${name}' is not a ${kind}`;
  }
  return undefined;
}

/** Whether one of some words stands in a field. */
export function isOneOf<W extends string>(value: unknown, words: readonly W[]): value is W {
  return words.includes(value as W);
}

function isOf(kind: FieldKind, value: unknown): boolean {
  switch (kind) {
    case "list":
      return Array.isArray(value);
    case "list of strings":
      return Array.isArray(value) && value.every((one) => typeof one === "string");
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "number":
      return Number.isFinite(value);
    case "string":
      return typeof value === "string";
    case "boolean":
      return typeof value === "boolean";
  }
}
