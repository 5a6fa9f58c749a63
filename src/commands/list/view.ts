import { formatDuration } from "../../base/duration.ts";
import { formatSize } from "../../base/size.ts";
import { printable } from "../../cli/printable.ts";
import type { Style } from "../../cli/style.ts";
import { cutToWidth, displayWidth } from "../../cli/table.ts";
import type { KeptFacts } from "../../keeper/observe/kept_facts.ts";
import type { ObservedPhase } from "../../keeper/observe/observed.ts";
import { healthText } from "../../keeper/health/kept_health.ts";
import { isUnhealthy, isWell, keepingOf, shortEnd } from "../../keeper/observe/words.ts";
import { socketTexts } from "../../keeper/sockets/kept_socket.ts";

/** A daemon of the list. */
export interface ListedDaemon {
  readonly facts: KeptFacts;
  /** Whose it is, where that is asked. */
  readonly user?: string;
  /** Of one processor since the last look, in per cent; undefined when there was none. */
  readonly cpuPercent?: number;
}

/** A column; the one with the highest `rank` is the first to go where there is not room for all. */
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
/** Names and notes are cut to so much before a column is left out, and further when none is left. */
const LEAST_NAME = 16, LEAST_NOTE = 12, LEAST = 4;

/**
 * A table. Where its lines have no room, the columns that matter least are left out, then names and notes are cut.
 * @param width of the terminal; Infinity when there is none
 */
export function keptListView(
  daemons: readonly ListedDaemon[],
  now: number,
  style: Style,
  width: number,
): string[] {
  // Hundreds of rows, before any code is compiled: what the runtime has functions for is not done by a function of ours.
  const columns = COLUMNS.map((column) => {
    const cells = daemons.map((listed) => column.cell(listed, now));
    const isAscii = ASCII.test(cells.join(""));
    const width = widest(column.title, cells, isAscii);
    return { ...column, cells, isAscii, width, cutFrom: width };
  }).filter(({ title, cells }) =>
    (title !== "USER" && title !== "NOTE") || cells.some((cell) => cell !== "")
  );
  const shown = fitting(columns, width);
  const last = shown.length - 1;
  const drawn = shown.map((column, i) => {
    const cells = drawnCells(column, daemons, style);
    return i === last && !column.right ? cells : padded(column, cells);
  });
  const head = shown.map(({ title, width: size, right }, i) => {
    const cut = cutToWidth(title, size);
    return right ? cut.padStart(size) : i === last ? cut : cut.padEnd(size);
  });
  return [
    style.dim(head.join(GAP).trimEnd()),
    ...daemons.map((_, row) => {
      let line = drawn[0][row];
      for (let i = 1; i < drawn.length; i++) line += GAP + drawn[i][row];
      return line.trimEnd();
    }),
  ];
}

/** Drawn cells with the space around them that their column needs. */
function padded(column: Fitted, drawn: readonly string[]): string[] {
  const { cells, width, right, isAscii } = column;
  // What is not cut and has no colours is as wide as it is long.
  if (isAscii && drawn === cells) {
    const [first] = drawn;
    // Most are alike, as most daemons are.
    if (drawn.every((cell) => cell === first)) {
      return new Array(drawn.length).fill(right ? first.padStart(width) : first.padEnd(width));
    }
    return right
      ? drawn.map((cell) => cell.padStart(width))
      : drawn.map((cell) => cell.padEnd(width));
  }
  return drawn.map((cell, row) => {
    const around = space(width, cells[row]);
    return right ? around + cell : cell + around;
  });
}

/** Cells as they are written, without the space around them. Nearly all of them have room. */
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
  /** All of them. */
  readonly isAscii: boolean;
  readonly width: number;
  /** With less width some do not fit. */
  readonly cutFrom: number;
}

function widest(title: string, cells: readonly string[], isAscii: boolean): number {
  let most = title.length;
  for (const cell of cells) {
    // A character takes at most two columns.
    if (cell.length * 2 <= most) continue;
    const width = isAscii ? cell.length : displayWidth(cell);
    if (width > most) most = width;
  }
  return most;
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

/** What runs without a keeper is not merely running. */
export function stateWord({ daemon }: KeptFacts): string {
  const { phase } = daemon;
  if (keepingOf(daemon) === "unkept" && phase !== "lost") return "unkept";
  return isUnhealthy(daemon) ? "unhealthy" : phase;
}

const COLORS: Record<ObservedPhase, "green" | "yellow" | "red" | "dim"> = {
  running: "green",
  starting: "yellow",
  stopping: "yellow",
  waiting: "yellow",
  scheduled: "green",
  listening: "green",
  watching: "green",
  pending: "yellow",
  ended: "yellow",
  stopped: "dim",
  finished: "dim",
  failed: "red",
  lost: "red",
  unknown: "red",
};

function colorOf(facts: KeptFacts, style: Style): (text: string) => string {
  return style[colorWord(facts)];
}

export function colorWord({ daemon }: KeptFacts): "green" | "yellow" | "red" | "dim" {
  const color = COLORS[daemon.phase];
  return color === "green" && !isWell(daemon) ? "yellow" : color;
}

function upText({ daemon: { program, state } }: KeptFacts, now: number): string {
  return program && state?.startedAt !== undefined ? brief(now - state.startedAt) : "-";
}

function cpuText({ facts: { usage }, cpuPercent }: ListedDaemon): string {
  if (cpuPercent !== undefined) return `${cpuPercent.toFixed(cpuPercent < 9.95 ? 1 : 0)}%`;
  return usage === undefined ? "-" : brief(usage.cpuMs);
}

function lastExit({ daemon: { state } }: KeptFacts): string {
  const run = state?.runs.at(-1);
  return run ? printable(shortEnd(run)) : "-";
}

function endedText({ daemon: { state } }: KeptFacts, now: number): string {
  const run = state?.runs.at(-1);
  return run ? brief(now - run.endedAt) : "-";
}

/** @param next whether it says when it runs next, too */
export function noteText(facts: KeptFacts, now: number, next = true): string {
  const { daemon, notes } = facts;
  const { phase, state, rebooted } = daemon;
  // Nearly all.
  const isPlain = phase === "running" && notes.length === 0 && state?.nextRunAt === undefined &&
    state?.health === undefined && facts.sockets === undefined;
  if (isPlain) return "";
  const words = notes.map(({ short }) => short).filter((short) => short !== "unkept");
  if (next && phase === "waiting" && state?.nextStartAt !== undefined) {
    const wait = state.nextStartAt - now;
    words.unshift(wait > 0 ? `next start in ${brief(wait)}` : "next start due");
  }
  // Between two runs and during them.
  if (
    next && state?.nextRunAt !== undefined && ["scheduled", "running", "starting"].includes(phase)
  ) {
    const wait = state.nextRunAt - now;
    words.unshift(wait > 0 ? `next run in ${brief(wait)}` : "next run due");
  }
  words.unshift(...socketWords(facts));
  if (state?.health && isUnhealthy(daemon)) {
    const { health } = state;
    words.unshift(
      `${printable(healthText(health).replace(/^unhealthy: /, ""))} ${
        brief(now - health.since)
      } ago`,
    );
  }
  if (["scheduled", "listening", "watching"].includes(phase) && state?.reason) {
    words.push(printable(state.reason));
  }
  if (phase === "pending" && state?.reason) words.unshift(printable(state.reason));
  if (phase === "lost") {
    const isStopped = daemon.intent?.wanted === "stop";
    words.unshift(
      isStopped ? "stopped, end not on record" : rebooted ? "not started since boot" : "should run",
    );
  }
  if (phase === "failed" && state?.reason) words.unshift(printable(state.reason));
  return words.join(", ");
}

/** Where it listens when nothing runs, and who waits there. */
function socketWords({ daemon: { phase, settings }, sockets }: KeptFacts): string[] {
  const waiting = sockets?.waiting ?? 0;
  return [
    ...phase === "listening" ? [`on ${socketTexts(settings?.sockets ?? [])}`] : [],
    ...waiting > 0 ? [`${waiting} waiting`] : [],
  ];
}

/** Without spaces: awk(1) counts fields by them. */
function brief(ms: number): string {
  return formatDuration(ms > 0 ? ms : 0).replace(" ", "");
}
