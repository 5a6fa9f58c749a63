import { eastAsianWidth } from "get-east-asian-width";

/** Aligns cells in columns, two spaces apart; the last column is not padded. */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => widths[i] = Math.max(widths[i] ?? 0, displayWidth(cell)));
  }
  return rows.map((row) => {
    const line = row.map((cell, i) =>
      i === row.length - 1 ? cell : cell + " ".repeat(widths[i] - displayWidth(cell))
    ).join("  ");
    return line.trimEnd();
  });
}

/**
 * Splits a table into parts, one below the other, that fit the width; each begins with the first column.
 * @param rows the header first; all of the same length
 */
export function foldColumns(
  rows: readonly (readonly string[])[],
  width: number,
): string[][][] {
  const widths = (rows[0] ?? []).map((_, i) =>
    Math.max(...rows.map((cells) => displayWidth(cells[i])))
  );
  const parts: number[][] = [[0]];
  let used = widths[0];
  for (let i = 1; i < widths.length; i++) {
    used += 2 + widths[i];
    if (used > width && parts[parts.length - 1].length > 1) {
      parts.push([0]);
      used = widths[0] + 2 + widths[i];
    }
    parts[parts.length - 1].push(i);
  }
  return parts.map((columns) => rows.map((cells) => columns.map((i) => cells[i])));
}

/**
 * A table with as few of the dispensable columns missing as leave `room` columns for the last one.
 * @param dispensable headers, the one that is missed least first
 */
export function spareColumns(
  table: readonly (readonly string[])[],
  dispensable: readonly string[],
  width: number,
  room: number,
): readonly (readonly string[])[] {
  let rows = table;
  for (const name of dispensable) {
    const taken = (i: number) => Math.max(...rows.map((cells) => displayWidth(cells[i]))) + 2;
    const left = rows[0].slice(0, -1).reduce((sum, _, i) => sum + taken(i), 0);
    if (left + room <= width) break;
    const at = rows[0].indexOf(name);
    rows = rows.map((row) => row.toSpliced(at, 1));
  }
  return rows;
}

/** A GitHub-flavoured Markdown table. */
export function markdownTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): string[] {
  const escape = (cell: string) => cell.replaceAll("|", "\\|").replaceAll("\n", " ");
  const line = (cells: readonly string[]) => `| ${cells.map(escape).join(" | ")} |`;
  return [line(header), `|${" --- |".repeat(header.length)}`, ...rows.map(line)];
}

const ASCII = /^[\x20-\x7e]*$/;

/** The width of a text on a terminal, not counting colours. */
export function displayWidth(text: string): number {
  // deno-lint-ignore no-control-regex
  const plain = text.includes("\x1b") ? text.replace(/\x1b\[[0-9;]*m/g, "") : text;
  // The usual case; a grapheme segmenter (8 ms to load) is for the rest.
  if (ASCII.test(plain)) return plain.length;
  let width = 0;
  for (const character of plain) width += characterWidth(character);
  return width;
}

function characterWidth(character: string): number {
  if (/^[\p{Mark}\p{Control}\p{Default_Ignorable_Code_Point}]$/u.test(character)) return 0;
  return eastAsianWidth(character.codePointAt(0)!);
}

/** Cuts a text without colours to `width` columns, with `…` for the rest. */
export function cutToWidth(text: string, width: number): string {
  if (width === Infinity || displayWidth(text) <= width) return text;
  let kept = "";
  let used = 1;
  for (const character of text) {
    used += displayWidth(character);
    if (used > width) break;
    kept += character;
  }
  return width > 0 ? `${kept.trimEnd()}…` : "";
}

/** Wraps text at spaces into lines of at most `width` columns, each after `indent`. */
export function wrapText(text: string, width: number, indent = ""): string[] {
  const words = text.split(/\s+/);
  const whole = indent + words.join(" ").trim();
  if (whole !== indent && displayWidth(whole) <= width) return [whole];
  const lines: string[] = [];
  let line = "";
  for (const word of words) {
    if (line !== "" && displayWidth(indent + line) + 1 + displayWidth(word) > width) {
      lines.push(indent + line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  if (line !== "") lines.push(indent + line);
  return lines;
}
