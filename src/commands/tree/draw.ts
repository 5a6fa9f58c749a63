import type { Style } from "../../cli/style.ts";
import { cutToWidth, displayWidth } from "../../cli/table.ts";
import type { TreeRow } from "../../family/tree.ts";
import type { KindName } from "../../inspect/kind.ts";

/** Below this width, states are letters, to leave room for the tree. */
export const NARROW = 100;
/** Most generations that are drawn; deeper ones are counted. */
const MAX_DRAWN = 12;
/** Least width of the command; branches that would leave it less are not drawn. */
const LEAST_COMMAND = 12;
/** Least width of the tree; columns are dropped for it, the first of these first. */
const LEAST_TREE = 24;
const DISPENSABLE = ["TTY", "%CPU", "MEMORY", "MARK", "KIND", "STATE", "S"];

/** How a tree is drawn. */
export interface TreeLook {
  /** One row for siblings that are alike. */
  readonly folded: boolean;
  readonly style: Style;
  readonly width: number;
}

export interface TreeTableRow {
  readonly cells: readonly string[];
  readonly kind: KindName;
  readonly depth: number;
  /** The branches before the command. */
  readonly prefix: string;
  readonly command: string;
}

/** A line of the table: a heading, or a row. */
export type TreeTableLine = string | TreeTableRow;

/** Columns are as wide as their widest cell; numbers are right-aligned, the command takes the rest of the line. */
export function drawTable(lines: readonly TreeTableLine[], { style, width }: TreeLook): string[] {
  const rows = lines.filter((line) => typeof line !== "string");
  const titles = ["PID", width < NARROW ? "S" : "STATE", "MARK", "TTY", "KIND", "%CPU", "MEMORY"];
  const columns = fittingColumns(
    titles.map((title, i) => ({
      title,
      i,
      width: rows.reduce((most, { cells }) => Math.max(most, displayWidth(cells[i])), title.length),
    })),
    width,
  );
  const room = width - columns.reduce((sum, column) => sum + column.width + 1, 1);
  const padded = (text: string, column: Column) => {
    const space = " ".repeat(column.width - displayWidth(text));
    return RIGHT.includes(column.title) ? space + text : text + space;
  };
  const drawn = lines.map((line) => {
    if (typeof line === "string") return line;
    const color = colorOf(line.kind, style);
    const cells = columns.map((column) => {
      const cell = padded(line.cells[column.i], column);
      return column.title === "KIND" ? color(cell) : cell;
    });
    const prefix = fitting(line, room);
    const taken = room === Infinity ? 0 : displayWidth(prefix);
    const command = cutToWidth(line.command, Math.max(0, room - taken));
    return `${cells.join(" ")}  ${style.dim(prefix)}${color(command)}`.trimEnd();
  });
  const head = columns.map((column) => padded(column.title, column)).join(" ");
  return [style.dim(cutToWidth(`${head}  COMMAND`, width)), ...drawn];
}

/** A column of the table: its heading, its position among the cells, its width. */
interface Column {
  readonly title: string;
  readonly i: number;
  readonly width: number;
}

const RIGHT = ["PID", "%CPU", "MEMORY"];

function fittingColumns(columns: readonly Column[], width: number): readonly Column[] {
  let shown = columns;
  for (const title of DISPENSABLE) {
    if (shown.reduce((sum, column) => sum + column.width + 1, 1) + LEAST_TREE <= width) break;
    shown = shown.filter((column) => column.title !== title);
  }
  return shown;
}

function fitting({ prefix, depth }: TreeTableRow, room: number): string {
  if (room === Infinity) return prefix;
  const fits = displayWidth(prefix) + LEAST_COMMAND <= room;
  return cutToWidth(fits ? prefix : deep(depth), Math.max(0, room));
}

function colorOf(kind: KindName, style: Style): (text: string) => string {
  switch (kind) {
    case "zombie":
      return style.red;
    case "orphan":
    case "detached":
    case "stopped-job":
      return style.yellow;
    case "daemon":
    case "own-session":
      return style.cyan;
    case "foreground-job":
      return style.green;
    case "shell":
    case "session-leader":
    case "init":
      return style.bold;
    case "kernel-thread":
      return style.dim;
    default:
      return (text) => text;
  }
}

/** The branches before a command. */
export function branchOf({ depth, follows }: TreeRow): string {
  if (depth === 0) return "";
  if (depth > MAX_DRAWN) return deep(depth);
  const last = follows[depth - 1];
  return follows.slice(0, depth - 1).map((more) => more ? "│  " : "   ").join("") +
    (last ? "├─ " : "└─ ");
}

function deep(depth: number): string {
  return `(${depth} deep) `;
}
