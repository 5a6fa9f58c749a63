import { printable, shellLine } from "../../cli/printable.ts";
import type { Style } from "../../cli/style.ts";
import { cutToWidth, displayWidth } from "../../cli/table.ts";
import type { Kinds } from "../../family/kinds.ts";
import type { SessionRows, TreeRow } from "../../family/tree.ts";
import type { KindName } from "../../inspect/kind.ts";
import { readCmdline } from "../../procfs/cmdline.ts";
import { orUndefined } from "../../procfs/read.ts";
import { isZombie, type ProcStat } from "../../procfs/stat.ts";

/** Below this, states are letters, so that room is left for the tree. */
const NARROW = 100;
/** Generations that are drawn; of deeper ones the number is told. */
const MAX_DRAWN = 12;
/** Columns that a command gets; where branches would leave it fewer, they are not drawn. */
const LEAST_COMMAND = 12;

const KIND_WORDS: Record<KindName, string> = {
  "kernel-thread": "kernel",
  init: "init",
  zombie: "zombie",
  shell: "shell",
  "session-leader": "main program",
  "foreground-job": "foreground",
  "stopped-job": "stopped",
  "background-job": "background",
  "nohup-job": "nohup'ed",
  "shell-group": "shell's group",
  detached: "detached",
  "own-session": "own session",
  daemon: "daemon",
  orphan: "orphan",
  child: "child",
};

const STATE_WORDS: Record<string, string> = {
  R: "running",
  S: "sleeping",
  D: "stuck in I/O",
  I: "idle",
  T: "stopped",
  t: "traced",
  Z: "zombie",
  X: "dead",
  P: "parked",
};

const LEGEND = "s leads its session, g leads its group, + in the foreground of its terminal";

interface Row {
  readonly cells: readonly string[];
  readonly kind: KindName;
  readonly depth: number;
  /** The branches before the command. */
  readonly prefix: string;
  readonly command: string;
}

/** What is drawn before a row of the table: a heading of its own, or a row. */
type Line = string | Row;

export function treeView(
  { rows, hidden }: {
    rows: readonly TreeRow[];
    /** How many threads of the kernel are left out. */
    hidden: number;
  },
  kinds: Kinds,
  style: Style,
  width: number,
): string[] {
  const lines = rows.map((row) => tableRow(row, kinds, width));
  const notes = [
    LEGEND,
    ...(hidden > 0 ? [`${hidden} threads of the kernel are not shown (--kernel)`] : []),
  ];
  return [
    ...table(lines, style, width),
    ...notes.map((note) => style.dim(cutToWidth(note, width))),
  ];
}

export function sessionsView(
  sessions: readonly SessionRows[],
  kinds: Kinds,
  style: Style,
  width: number,
): string[] {
  const lines = sessions.flatMap((session): Line[] => [
    style.bold(cutToWidth(sessionHeading(session, kinds), width)),
    ...session.groups.flatMap((group): Line[] => [
      cutToWidth(`  ${groupHeading(group, kinds)}`, width),
      ...group.rows.map((row) => tableRow(row, kinds, width)),
    ]),
  ]);
  return [...table(lines, style, width), style.dim(cutToWidth(LEGEND, width))];
}

function sessionHeading({ sid, leader, groups }: SessionRows, kinds: Kinds): string {
  if (sid === 0) return "sessions of leaders outside this PID namespace";
  const member = leader ?? groups[0].rows[0].stat;
  const tty = kinds.terminalOf(member);
  const led = leaderText(sid, leader, kinds);
  return `session ${sid}, ${led}, ${tty === null ? "no terminal" : `on ${tty}`}`;
}

function groupHeading({ pgid, leader, rows }: SessionRows["groups"][number], kinds: Kinds): string {
  const { stat } = rows[0];
  const place = kinds.terminalOf(stat) === null
    ? ""
    : stat.foregroundPgid === pgid
    ? ", in the foreground"
    : ", in the background";
  if (pgid === 0) return `group of a leader outside this PID namespace${place}`;
  return `group ${pgid}${place}, ${leaderText(pgid, leader, kinds)}`;
}

function leaderText(id: number, leader: ProcStat | undefined, { family }: Kinds): string {
  if (leader) return `led by ${named(leader)}`;
  return family.isHidden(id) ? "its leader is hidden from this user" : "its leader has ended";
}

function named({ pid, comm }: ProcStat): string {
  return `${printable(comm)} (pid ${pid})`;
}

function tableRow(row: TreeRow, kinds: Kinds, width: number): Row {
  const { stat } = row;
  const { kind } = kinds.nameOf(stat);
  const tty = kinds.terminalOf(stat);
  return {
    cells: [
      String(stat.pid),
      width < NARROW ? stat.state : stateWord(stat),
      marks(stat, tty),
      tty === null ? "-" : tty.replace(/^\/dev\//, ""),
      KIND_WORDS[kind],
    ],
    kind,
    depth: row.depth,
    prefix: branch(row),
    command: commandOf(stat),
  };
}

/** State Z with living threads is no zombie. */
function stateWord(stat: ProcStat): string {
  if (stat.state === "Z" && !isZombie(stat)) return "threads only";
  return STATE_WORDS[stat.state] ?? stat.state;
}

function marks({ pid, sid, pgid, foregroundPgid }: ProcStat, tty: string | null): string {
  const foreground = tty !== null && foregroundPgid === pgid;
  return `${sid === pid ? "s" : ""}${pgid === pid ? "g" : ""}${foreground ? "+" : ""}`;
}

function branch({ depth, follows }: TreeRow): string {
  if (depth === 0) return "";
  if (depth > MAX_DRAWN) return deep(depth);
  const last = follows[depth - 1];
  return follows.slice(0, depth - 1).map((more) => more ? "│  " : "   ").join("") +
    (last ? "├─ " : "└─ ");
}

function deep(depth: number): string {
  return `(${depth} deep) `;
}

function commandOf({ pid, comm, state }: ProcStat): string {
  const words = state === "Z" ? [] : orUndefined(readCmdline(pid)) ?? [];
  return words.length ? shellLine(words) : `[${printable(comm)}]`;
}

/** Columns as wide as their widest cell; PIDs to the right, the command takes the rest of the line. */
function table(lines: readonly Line[], style: Style, width: number): string[] {
  const header = ["PID", width < NARROW ? "S" : "STATE", "MARK", "TTY", "KIND"];
  const rows = lines.filter((line) => typeof line !== "string");
  const widths = header.map((title, i) =>
    rows.reduce((most, { cells }) => Math.max(most, displayWidth(cells[i])), title.length)
  );
  const left = widths.reduce((sum, one) => sum + one + 1, 0) + 1;
  const padded = (cells: readonly string[]) =>
    cells.map((cell, i) => {
      const space = " ".repeat(widths[i] - displayWidth(cell));
      return i === 0 ? space + cell : cell + space;
    });
  const drawn = lines.map((line) => {
    if (typeof line === "string") return line;
    const color = colorOf(line.kind, style);
    const cells = padded(line.cells);
    const room = width - left;
    const prefix = fitting(line, room);
    const taken = room === Infinity ? 0 : displayWidth(prefix);
    const command = cutToWidth(line.command, Math.max(0, room - taken));
    const text = `${cells.slice(0, 4).join(" ")} ${color(cells[4])}  ${style.dim(prefix)}`;
    return `${text}${color(command)}`.trimEnd();
  });
  return [style.dim(`${padded(header).join(" ")}  COMMAND`.trimEnd()), ...drawn];
}

function fitting({ prefix, depth }: Row, room: number): string {
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

// docs/zombies-and-orphans.md describes these objects: names are only ever added.

/** One object for each process, parents before children. */
export function treeJsonLines(rows: readonly TreeRow[], kinds: Kinds): string[] {
  return rows.map(({ stat, depth }) => {
    const { kind, title } = kinds.nameOf(stat);
    const { pid, ppid, pgid, sid, comm, state, threads, startTicks } = stat;
    const tty = kinds.terminalOf(stat);
    return JSON.stringify({
      pid,
      ppid,
      depth,
      pgid,
      sid,
      sessionLeader: sid === pid,
      groupLeader: pgid === pid,
      tty,
      foreground: tty !== null && stat.foregroundPgid === pgid,
      state,
      threads,
      startTicks,
      kind,
      title,
      comm,
      command: orUndefined(readCmdline(pid)) ?? [],
    });
  });
}
