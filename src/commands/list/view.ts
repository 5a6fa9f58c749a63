import { formatSize } from "../../base/size.ts";
import { printable } from "../../cli/printable.ts";
import type { Style } from "../../cli/style.ts";
import { cutToWidth, displayWidth } from "../../cli/table.ts";
import {
  colorOf,
  cpuText,
  endedText,
  lastExit,
  type ListedDaemon,
  noteText,
  stateWord,
  upText,
} from "./words.ts";

/** A column; the one with the highest `rank` is the first to go if there is not enough room. */
interface Column {
  readonly title: string;
  readonly rank: number;
  readonly right?: boolean;
  cell(listed: ListedDaemon, now: number): string;
}

const COLUMNS: readonly Column[] = [
  // It has no character that a terminal could act upon.
  { title: "NAME", rank: 0, cell: ({ facts }) => facts.daemon.name },
  { title: "USER", rank: 1, cell: ({ user }) => user === undefined ? "" : printable(user) },
  { title: "STATE", rank: 0, cell: ({ facts }) => stateWord(facts) },
  {
    title: "PID",
    rank: 3,
    right: true,
    cell: ({ facts }) => facts.daemon.program?.pid.toString() ?? "-",
  },
  { title: "UP", rank: 4, right: true, cell: ({ facts }, now) => upText(facts, now) },
  {
    title: "RESTARTS",
    rank: 5,
    right: true,
    cell: ({ facts }) => facts.daemon.state?.restarts.toString() ?? "-",
  },
  { title: "CPU", rank: 8, right: true, cell: cpuText },
  {
    title: "MEMORY",
    rank: 7,
    right: true,
    cell: ({ facts }) => facts.usage === undefined ? "-" : formatSize(facts.usage.rssBytes),
  },
  { title: "LAST EXIT", rank: 6, cell: ({ facts }) => lastExit(facts) },
  { title: "AGO", rank: 9, cell: ({ facts }, now) => endedText(facts, now) },
  { title: "NOTE", rank: 2, cell: ({ facts }, now) => noteText(facts, now) },
];

const GAP = "  ";
const ASCII = /^[\x20-\x7e]*$/;
/** Names and notes are cut to this width before a column is left out, and further when none is left. */
const LEAST_NAME = 16, LEAST_NOTE = 12, LEAST = 4;

/**
 * A table. If its lines have not enough room, the least important columns are left out, then names and notes are cut.
 * @param width of the terminal; Infinity if there is none
 */
export function keptListView(
  daemons: readonly ListedDaemon[],
  now: number,
  style: Style,
  width: number,
): string[] {
  // Hundreds of rows, before any code is compiled: each cell is touched as seldom as can be.
  const columns = COLUMNS.filter(({ title }) =>
    title !== "USER" || daemons.some(({ user }) => user !== undefined)
  ).map((column) => measured(column, daemons, now))
    .filter(({ title, isEmpty }) => title !== "NOTE" || !isEmpty);
  const shown = fitting(columns, width);
  const last = shown.length - 1;
  const head = shown.map(({ title, width: size, right }, i) => {
    const cut = cutToWidth(title, size);
    return right ? cut.padStart(size) : i === last ? cut : cut.padEnd(size);
  });
  const lines: string[] = new Array(daemons.length).fill("");
  /** What stands between two columns; one whose cells are all alike is part of it. */
  let between = "";
  shown.forEach((column, i) => {
    const drawn = drawnCells(column, daemons, style);
    if (column.isSame && drawn === column.cells) {
      between += (i > 0 ? GAP : "") + paddedCell(column, drawn[0] ?? "");
      return;
    }
    const before = i > 0 ? between + GAP : between;
    between = "";
    for (let row = 0; row < lines.length; row++) {
      const cell = drawn[row];
      lines[row] += before +
        (cell.length === column.width && drawn === column.cells && column.isAscii
          ? cell
          : paddedCell(column, cell, column.cells[row]));
    }
  });
  const isPadded = !shown[last].right || between !== "";
  return [
    style.dim(head.join(GAP).trimEnd()),
    ...isPadded ? lines.map((line) => (line + between).trimEnd()) : lines,
  ];
}

/** A cell as it is drawn, with the space around it that its column needs. @param plain without colours */
function paddedCell({ width, right, isAscii }: Fitted, cell: string, plain = cell): string {
  // What is not cut and has no colours is as wide as it is long.
  if (isAscii && cell === plain && cell.length <= width) {
    return right ? cell.padStart(width) : cell.padEnd(width);
  }
  const around = space(width, plain);
  return right ? around + cell : cell + around;
}

function measured(column: Column, daemons: readonly ListedDaemon[], now: number): Fitted {
  const { title, rank, right } = column;
  const cells: string[] = [];
  let longest = title.length, isSame = true;
  for (const listed of daemons) {
    const cell = column.cell(listed, now);
    cells.push(cell);
    if (cell.length > longest) longest = cell.length;
    isSame &&= cell === cells[0];
  }
  const text = isSame ? cells[0] ?? "" : cells.join("");
  const isAscii = ASCII.test(text);
  const width = isAscii ? longest : Math.max(title.length, ...cells.map(displayWidth));
  return {
    title,
    rank,
    right,
    cells,
    isSame,
    isEmpty: text === "",
    isAscii,
    width,
    cutFrom: width,
  };
}

/** Cells as they are written, without padding. Nearly all of them have room. */
function drawnCells(
  { title, cells, width, cutFrom }: Fitted,
  daemons: readonly ListedDaemon[],
  style: Style,
): readonly string[] {
  const cut = width < cutFrom ? cells.map((cell) => cutToWidth(cell, width)) : cells;
  if (style.yellow(title) === title) return cut;
  if (title === "NOTE") return cut.map(style.yellow);
  return title === "STATE" ? cut.map((cell, row) => colorOf(daemons[row].facts, style)(cell)) : cut;
}

function space(size: number, cell: string): string {
  const missing = size - (ASCII.test(cell) ? cell.length : displayWidth(cell));
  return missing > 0 ? " ".repeat(missing) : "";
}

interface Fitted {
  readonly title: string;
  readonly rank: number;
  readonly right?: boolean;
  readonly cells: readonly string[];
  readonly isSame: boolean;
  readonly isEmpty: boolean;
  /** All of them. */
  readonly isAscii: boolean;
  readonly width: number;
  /** With less width some do not fit. */
  readonly cutFrom: number;
}

function fitting(columns: readonly Fitted[], room: number): Fitted[] {
  let shown = [...columns];
  const least = ({ title, width }: Fitted) =>
    title === "NAME"
      ? Math.min(width, LEAST_NAME)
      : title === "NOTE"
      ? Math.min(width, LEAST_NOTE)
      : width;
  const total = (size: (column: Fitted) => number) =>
    shown.reduce((sum, column) => sum + size(column) + GAP.length, -GAP.length);
  while (total(least) > room) {
    const worst = Math.max(...shown.map(({ rank }) => rank));
    if (worst === 0) break;
    shown = shown.filter(({ rank }) => rank !== worst);
  }
  for (const title of ["NOTE", "NAME"]) {
    const over = total(({ width }) => width) - room;
    if (!(over > 0)) break;
    shown = shown.map((column) =>
      column.title === title ? { ...column, width: Math.max(LEAST, column.width - over) } : column
    );
  }
  return shown;
}
