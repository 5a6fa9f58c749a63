// Comma-separated values as RFC 4180 describes them: quoted fields may hold separators, newlines and doubled quotes.
import { UsageError } from "../base/errors.ts";
import { bytesOf } from "./bytes.ts";
import type { Columns } from "./columns.ts";
import type { Boundary } from "./input.ts";

const QUOTE = 0x22;
const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** What comes next, between two bytes of a record. */
type Place = "field begins" | "plain" | "quoted";

/** How `--csv` ends records and takes them apart. */
export interface Csv {
  /** One for each source: it remembers whether it is inside quotes. */
  boundary(): Boundary;
  readonly columns: Columns;
}

/**
 * @param separator one character of ASCII, by default a comma; `--colsep`
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
  return { boundary: () => boundary(bytes[0]), columns: (record) => columns(record, bytes[0]) };
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

/** A doubled quote leaves the quotes and enters them again, which comes to the same. */
function after(place: Place, byte: number, separator: number): Place {
  if (place === "quoted") return byte === QUOTE ? "field begins" : "quoted";
  if (byte === QUOTE && place === "field begins") return "quoted";
  return byte === separator ? "field begins" : "plain";
}

function columns(record: Uint8Array, separator: number): Uint8Array[] {
  const fields: Uint8Array[] = [];
  // Lines that end with CRLF: the return belongs to the line end and not to the last column.
  const end = record[record.length - 1] === RETURN ? record.length - 1 : record.length;
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

/** A field without its quotes. One that is not quoted correctly is taken as it is. */
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
