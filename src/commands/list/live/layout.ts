// Pure: rows and a width become lines.
import { printable } from "../../../cli/printable.ts";
import type { Style } from "../../../cli/style.ts";
import { cutToWidth, displayWidth } from "../../../cli/table.ts";
import type { LiveSort, LiveState } from "./state.ts";

/** A daemon as the live list shows it. Texts of programs are as they wrote them. */
export interface LiveRow {
  readonly name: string;
  readonly user?: string;
  readonly state: string;
  readonly color: "green" | "yellow" | "red" | "dim";
  readonly pid: string;
  readonly up: string;
  readonly cpu: string;
  readonly memory: string;
  readonly restarts: string;
  readonly next: string;
  /** What should be known about it, shown before its last line. */
  readonly note: string;
}

interface LiveColumn {
  readonly title: string;
  readonly width: number;
  /** The one with the highest value is the first to go. */
  readonly rank: number;
  readonly right: boolean;
  readonly sort?: LiveSort;
  readonly cell: (row: LiveRow) => string;
}

const LONGEST_NAME = 24, LEAST_NAME = 12, GAP = 2;
/**
 * The remaining width is used for a line of a log if it is at least this; the least important columns give way to more.
 */
const LEAST_LINE = 12, GOOD_LINE = 28;

const column = (
  title: string,
  width: number,
  rank: number,
  cell: (row: LiveRow) => string,
  sort?: LiveSort,
): LiveColumn => ({ title, width, rank, right: true, cell, ...sort ? { sort } : {} });

const COLUMNS: readonly LiveColumn[] = [
  {
    title: "STATE",
    width: 9,
    rank: 0,
    right: false,
    sort: "state",
    cell: (row) => row.state,
  },
  column("CPU", 5, 1, (row) => row.cpu, "cpu"),
  column("MEMORY", 6, 2, (row) => row.memory, "memory"),
  column("RESTARTS", 8, 4, (row) => row.restarts, "restarts"),
  column("NEXT", 6, 3, (row) => row.next),
  column("UP", 6, 5, (row) => row.up),
  column("PID", 7, 6, (row) => row.pid),
];

/** The columns of a screen, and how wide the last one is. */
export interface LiveLayout {
  readonly name: number;
  readonly user: number;
  readonly columns: readonly LiveColumn[];
  /** 0: there is no room for lines of logs. */
  readonly line: number;
}

/** The least important columns are left out until the others have room; then names are cut. */
export function liveLayout(rows: readonly LiveRow[], width: number): LiveLayout {
  const widest = (texts: readonly string[]) =>
    texts.reduce((most, text) => Math.max(most, displayWidth(text)), 0);
  const wanted = Math.min(LONGEST_NAME, Math.max(4, widest(rows.map(({ name }) => name))));
  const users = widest(rows.map(({ user }) => user ?? ""));
  const user = users === 0 ? 0 : Math.min(LEAST_NAME, Math.max(4, users));
  // Nothing waits for its next time.
  const isNext = rows.some(({ next }) => next !== "-");
  let columns = COLUMNS.filter(({ title }) => title !== "NEXT" || isNext);
  const taken = (name: number) =>
    name + (user > 0 ? GAP + user : 0) +
    columns.reduce((sum, one) => sum + GAP + one.width, 0);
  const isLine = () => width - taken(wanted) - GAP >= GOOD_LINE;
  // A line of its log is more useful than its start time.
  while (!isLine() && columns.some(({ rank }) => rank > 4)) columns = withoutLast(columns);
  while (taken(Math.min(wanted, LEAST_NAME)) > width && columns.some(({ rank }) => rank > 0)) {
    columns = withoutLast(columns);
  }
  const name = Math.max(4, Math.min(wanted, wanted - (taken(wanted) - width)));
  const left = width - taken(name) - GAP;
  return { name, user, columns, line: left >= LEAST_LINE ? left : 0 };
}

function withoutLast(columns: readonly LiveColumn[]): LiveColumn[] {
  const worst = Math.max(...columns.map(({ rank }) => rank));
  return columns.filter(({ rank }) => rank !== worst);
}

export function liveHead(layout: LiveLayout, sort: LiveSort, style: Style): string {
  const { name, user, columns, line } = layout;
  const mark = (title: string, by?: LiveSort) => by === sort ? style.bold(title) : title;
  const cells = [
    fill(mark("NAME", "name"), "NAME", name, false),
    ...user > 0 ? [fill("USER", "USER", user, false)] : [],
    ...columns.map(({ title, width, right, sort: by }) =>
      fill(mark(title, by), title, width, right)
    ),
    ...line > 0 ? ["LAST LINE"] : [],
  ];
  return style.dim(cells.join("  ").trimEnd());
}

/** @param last the last line of its log @param isChosen it is highlighted, in the whole width */
export function liveLine(
  row: LiveRow,
  layout: LiveLayout,
  style: Style,
  { last, isChosen, width }: { last: string; isChosen: boolean; width: number },
): string {
  const { name, user, columns, line } = layout;
  const cell = (text: string, size: number, right: boolean, draw = (one: string) => one) => {
    const cut = cutToWidth(printable(text), size);
    return fill(draw(cut), cut, size, right);
  };
  const told = row.note && last ? `${row.note}: ${last}` : row.note || last;
  const cells = [
    cell(row.name, name, false),
    ...user > 0 ? [cell(row.user ?? "", user, false)] : [],
    ...columns.map(({ title, width: size, right, cell: text }) =>
      cell(
        text(row),
        size,
        right,
        title === "STATE" && !isChosen ? style[row.color] : undefined,
      )
    ),
    ...line > 0 ? [cutToWidth(printable(told), line)] : [],
  ];
  const text = cells.join("  ");
  return isChosen ? marked(text, width) : text.trimEnd();
}

/** In reverse, which is not a colour: also under NO_COLOR. */
function marked(text: string, width: number): string {
  const whole = text + " ".repeat(Math.max(0, width - displayWidth(text)));
  return `\x1b[7m${whole}\x1b[27m`;
}

function fill(drawn: string, text: string, width: number, right: boolean): string {
  const space = " ".repeat(Math.max(0, width - displayWidth(text)));
  return right ? space + drawn : drawn + space;
}

/** The last line of the screen. */
export function liveFoot(
  { mode, filter, sort }: LiveState,
  message: string | undefined,
  shown: { readonly from: number; readonly to: number; readonly of: number },
  width: number,
): string {
  if (mode === "filter") return cutToWidth(`/${printable(filter)}_`, width);
  if (typeof mode === "object") return cutToWidth(`${mode.verb} ${mode.name}? y: yes`, width);
  if (message !== undefined) return cutToWidth(printable(message), width);
  const place = shown.of > shown.to - shown.from
    ? [`${shown.from + 1}-${shown.to} of ${shown.of}`]
    : [];
  const parts = [
    ...filter === "" ? [] : [`/${printable(filter)}`],
    ...sort === "name" ? [] : [`by ${sort}`],
    ...place,
    "? help  q quit  r restart  s stop  l logs  / filter  o sort",
  ];
  return cutToWidth(parts.join("  "), width);
}

export const LIVE_HELP = [
  "up down j k    choose           g G PgUp PgDn  further",
  "l Enter        its log: imp logs -f; Ctrl-C returns",
  "a              its terminal: imp attach (--tty)",
  "r              imp restart, after y",
  "s              imp stop, after y",
  "S              imp start",
  "/              filter by name; Esc: all again",
  "o              order: name, state, CPU, memory, restarts",
  "q Ctrl-C       quit",
];
