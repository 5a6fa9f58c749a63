import { UsageError } from "../base/errors.ts";
import { bytesOf, find, latin1 } from "./bytes.ts";

/** Takes a record apart. */
export type Columns = (record: Uint8Array) => Uint8Array[];

/**
 * Columns by `--colsep`: fixed text where it has no special character, else a regular expression. A single character stands
 * for itself whatever it means in an expression: `--colsep '|'`, `--colsep .`. Nothing is trimmed.
 * @throws UsageError for an expression that is none or is empty
 */
export function columnsBy(separator: string): Columns {
  const fixed = fixedText(separator);
  if (fixed !== undefined) return fixedColumns(bytesOf(fixed));
  let expression: RegExp;
  try {
    // Bytes are matched, one character each, so that invalid UTF-8 passes; the expression's own text likewise.
    expression = new RegExp(latin1(bytesOf(separator)), "g");
  } catch (error) {
    throw new UsageError(
      `--colsep '${separator}': ${(error as Error).message}`,
      "write fixed text or a regular expression, such as '\\t', ',' or ' +'",
    );
  }
  return (record) => splitBy(expression, record);
}

/** The text that `separator` stands for when it is no expression. */
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
