import { printable } from "../../cli/printable.ts";
import { styles } from "../../cli/style.ts";
import {
  alignColumns,
  displayWidth,
  foldColumns,
  markdownTable,
  wrapText,
} from "../../cli/table.ts";
import { advice, differences } from "../../compare/differences.ts";
import { afterTable, beforeTable, notes, type Table } from "../../compare/layout.ts";
import type { Comparison, MeasuredRow } from "../../compare/rows.ts";
import { LABELS, shownLine } from "../../compare/styles.ts";

export const FORMATS = ["table", "markdown", "json", "html"] as const;
export type Format = (typeof FORMATS)[number];

/**
 * A comparison as text; docs/styles.md describes the JSON.
 * @param width columns for tables and sentences, if they are for people
 */
export function render(
  comparison: Comparison,
  format: Format,
  colored: boolean,
  width: number,
): string {
  if (format === "json") return toJson(comparison);
  return format === "markdown" ? toMarkdown(comparison) : toTables(comparison, colored, width);
}

const BEFORE = "While the terminal was open (. is the directory of the shell)";
const AFTER = "After the terminal was gone";
const DIFFERENCES = "Differences, as measured";
const ADVICE = "When to use which";

function toTables(comparison: Comparison, colored: boolean, width: number): string {
  const { bold } = styles(colored);
  const { rows, by } = comparison;
  const section = (heading: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ["", ...wrap(`${heading}:`, width).map(bold), ...lines];
  const items = (texts: readonly string[]) =>
    texts.flatMap((text) =>
      wrap(text, width, "  ").map((line, i) => i > 0 ? line : `- ${line.slice(2)}`)
    );
  return [
    ...wrap(headline(comparison), width),
    ...section(BEFORE, aligned(beforeTable(rows), colored, width)),
    ...section(AFTER, aligned(afterTable(rows), colored, width)),
    ...notes(comparison).flatMap((note) => wrap(note, width)),
    ...section(DIFFERENCES, items(differences(rows, by))),
    ...section(ADVICE, items(advice(rows, by))),
  ].join("\n");
}

/** Wraps text, but not within `a quoted name`. */
function wrap(text: string, width: number, indent = ""): string[] {
  const GLUE = "\uE000";
  const glued = text.replace(/`[^`]*`/g, (name) => name.replaceAll(" ", GLUE));
  return wrapText(glued, width, indent).map((line) => line.replaceAll(GLUE, " "));
}

function aligned({ header, rows }: Table, colored: boolean, width: number): string[] {
  if (rows.length === 0) return [];
  const { dim, green, red } = styles(colored);
  const alive = header.indexOf("ALIVE");
  const painted = rows.map((cells) =>
    cells.map((cell, i) => i !== alive ? cell : cell === "yes" ? green(cell) : red(cell))
  );
  const whole = [header.map(dim), ...painted];
  const room = roomForLast(whole, width);
  const parts = room >= LEAST_LAST ? [whole] : foldColumns(whole, width);
  return parts.flatMap((part, i) => [
    ...(i > 0 ? [""] : []),
    ...alignColumns(wrapLast(part, Math.max(1, roomForLast(part, width)))),
  ]);
}

/** If the last column would be narrower than this, the table is folded. */
const LEAST_LAST = 24;

/** Columns that are left for the last cell of each row. */
function roomForLast(rows: readonly (readonly string[])[], width: number): number {
  const others = rows[0].slice(0, -1).map((_, i) =>
    Math.max(...rows.map((cells) => displayWidth(cells[i]))) + 2
  );
  return width - others.reduce((sum, one) => sum + one, 0);
}

/** A last cell that is too wide continues in rows of its own. */
function wrapLast(rows: readonly (readonly string[])[], room: number): string[][] {
  return rows.flatMap((cells) => {
    const last = cells[cells.length - 1];
    const lines = displayWidth(last) <= room ? [last] : wrapText(last, room);
    return lines.map((line, i) => [...cells.slice(0, -1).map((cell) => i === 0 ? cell : ""), line]);
  });
}

function toMarkdown(comparison: Comparison): string {
  const { rows, by } = comparison;
  const table = (heading: string, { header, rows }: Table) =>
    rows.length === 0 ? [] : ["", `### ${heading}`, "", ...markdownTable(header, rows)];
  const items = (heading: string, texts: readonly string[]) =>
    texts.length === 0 ? [] : ["", `### ${heading}`, "", ...texts.map((text) => `- ${text}`)];
  return [
    headline(comparison),
    ...table(BEFORE, beforeTable(rows)),
    ...table(AFTER, afterTable(rows)),
    ...notes(comparison).flatMap((note) => ["", note]),
    ...items(DIFFERENCES, differences(rows, by)),
    ...items(ADVICE, advice(rows, by)),
  ].join("\n");
}

function toJson(comparison: Comparison): string {
  const { rows, by } = comparison;
  const { rows: _, ...rest } = comparison;
  return JSON.stringify(
    {
      ...rest,
      styles: rows.map((row) => ({
        ...row,
        label: LABELS[row.style],
        typed: shownLine(row.style),
      })),
      differences: differences(rows, by),
      advice: advice(rows, by),
    },
    null,
    2,
  );
}

/** What was compared, and how the shells ended. */
export function headline({ shell, shellPath, by, program, rows }: Comparison): string {
  const what = program ? printable(program.join(" ")) : "imp's probe";
  const end = by === "close" ? "the terminal was closed" : "the shell was left by 'exit'";
  const measured = rows.filter((row): row is MeasuredRow => row.is === "measured");
  const endings = [...new Set(measured.map((row) => row.shellEnded))];
  const twice = measured.filter((row) => row.exits > 1).map((row) => `\`${LABELS[row.style]}\``);
  const each = `${what} in ${shell} (${shellPath}), each style on a terminal of its own`;
  if (rows.every((row) => row.is === "unmeasured")) return `${each}: nothing could be measured.`;
  const ended = endings.length ? ` (${shell}: ${endings.join(", ")})` : "";
  const asked = twice.length ? ` It needed more than one 'exit' with ${twice.join(", ")}.` : "";
  return `${each}; then ${end}${ended}.${asked}`;
}
