import { UsageError } from "../../base/errors.ts";
import { bytesOf, find, latin1 } from "../bytes.ts";
import type { Boundary } from "./input.ts";

/** Splits a record into columns. */
export type Columns = (record: Uint8Array) => Uint8Array[];

/**
 * Columns by `--colsep`: literal text if it has no special character, else a regular expression. A single character is
 * literal even if special in an expression: `--colsep '|'`, `--colsep .`. Blanks are kept.
 * @throws UsageError if the expression is invalid or empty
 */
export function columnsBy(separator: string): Columns {
  const fixed = fixedText(separator);
  if (fixed !== undefined) return fixedColumns(bytesOf(fixed));
  let expression: RegExp;
  try {
    // Matches bytes, one character each, so that invalid UTF-8 passes; likewise the expression's own text.
    expression = new RegExp(latin1(bytesOf(separator)), "g");
  } catch (error) {
    throw new UsageError(
      `--colsep '${separator}': ${(error as Error).message}`,
      "write fixed text or a regular expression, such as '\\t', ',' or ' +'",
    );
  }
  return (record) => splitBy(expression, record);
}

/** Columns of lines, which may end with CRLF. */
export function columnsOfLines(columns: Columns): Columns {
  return (record) => columns(withoutReturn(record));
}

/** With CRLF, the CR belongs to the line ending, not to the last column. */
function withoutReturn(record: Uint8Array): Uint8Array {
  return record[record.length - 1] === RETURN ? record.subarray(0, -1) : record;
}

/** The literal text of `separator` if it is not an expression. */
function fixedText(separator: string): string | undefined {
  if (separator === "") throw new UsageError("--colsep is empty", "write for example '\\t' or ','");
  if ([...separator].length === 1) return separator;
  let text = "";
  for (let i = 0; i < separator.length; i++) {
    const character = separator[i];
    if (/[$^.|?*+()[\]{}]/.test(character)) return undefined;
    if (character !== "\\") {
      text += character;
      continue;
    }
    const escaped = separator[++i] ?? "";
    if (Object.hasOwn(CONTROLS, escaped)) text += CONTROLS[escaped];
    else if (/^[^\w]$/.test(escaped)) text += escaped;
    else return undefined;
  }
  return text;
}

const CONTROLS: Record<string, string> = { t: "\t", n: "\n", r: "\r", f: "\f", v: "\v" };

function fixedColumns(separator: Uint8Array): Columns {
  const [byte] = separator;
  const next = separator.length === 1
    ? (record: Uint8Array, from: number) => record.indexOf(byte, from)
    : (record: Uint8Array, from: number) => find(record, separator, from);
  return (record) => {
    const fields: Uint8Array[] = [];
    let start = 0;
    for (let at = next(record, 0); at >= 0; at = next(record, start)) {
      fields.push(record.subarray(start, at));
      start = at + separator.length;
    }
    fields.push(record.subarray(start));
    return fields;
  };
}

function splitBy(expression: RegExp, record: Uint8Array): Uint8Array[] {
  const text = latin1(record);
  const fields: Uint8Array[] = [];
  let start = 0;
  for (const { index, 0: { length } } of text.matchAll(expression)) {
    // An empty match separates characters, but makes no empty columns.
    if (length === 0 && (index === start || index === text.length)) continue;
    fields.push(record.subarray(start, index));
    start = index + length;
  }
  fields.push(record.subarray(start));
  return fields;
}

// Comma-separated values as RFC 4180 describes them: quoted fields may hold separators, newlines and doubled quotes.
const QUOTE = 0x22;
const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** The state between two bytes of a record. */
type Place = "field begins" | "plain" | "quoted";

/** How `--csv` ends and splits records. */
export interface Csv {
  /** One per source: it remembers whether it is inside quotes. */
  boundary(): Boundary;
  readonly columns: Columns;
}

/**
 * @param separator one ASCII character, by default a comma; `--colsep`
 * @throws UsageError for anything else
 */
export function csv(separator = ","): Csv {
  const bytes = bytesOf(separator === "\\t" ? "\t" : separator);
  if (bytes.length !== 1 || bytes[0] === QUOTE || bytes[0] === NEWLINE) {
    throw new UsageError(
      `--csv with --colsep '${separator}': columns are separated by one character`,
      "write for example --colsep ';'",
    );
  }
  return {
    boundary: () => boundary(bytes[0]),
    columns: columnsOfLines((record) => columns(record, bytes[0])),
  };
}

function boundary(separator: number): Boundary {
  let place: Place = "field begins";
  return {
    length: 1,
    find(bytes, from, end) {
      for (let at = from; at < end; at++) {
        const byte = bytes[at];
        if (byte === NEWLINE && place !== "quoted") {
          place = "field begins";
          return at;
        }
        place = after(place, byte, separator);
      }
      return -1;
    },
  };
}

/** A doubled quote leaves the quotes and enters them again, which has the same effect. */
function after(place: Place, byte: number, separator: number): Place {
  if (place === "quoted") return byte === QUOTE ? "field begins" : "quoted";
  if (byte === QUOTE && place === "field begins") return "quoted";
  return byte === separator ? "field begins" : "plain";
}

function columns(record: Uint8Array, separator: number): Uint8Array[] {
  const fields: Uint8Array[] = [];
  const end = record.length;
  for (let at = 0;;) {
    const start = at;
    let place: Place = "field begins";
    for (; at < end; at++) {
      if (record[at] === separator && place !== "quoted") break;
      place = after(place, record[at], separator);
    }
    fields.push(unquoted(record.subarray(start, at)));
    if (at++ >= end) return fields;
  }
}

/** A field without its quotes. An incorrectly quoted one is taken literally. */
function unquoted(field: Uint8Array): Uint8Array {
  const last = field.length - 1;
  if (last < 1 || field[0] !== QUOTE || field[last] !== QUOTE) return field;
  const inner = field.subarray(1, last);
  if (inner.indexOf(QUOTE) < 0) return inner;
  const text = new Uint8Array(inner.length);
  let length = 0;
  for (let i = 0; i < inner.length; i++) {
    text[length++] = inner[i];
    if (inner[i] === QUOTE && inner[i + 1] === QUOTE) i++;
  }
  return text.subarray(0, length);
}
