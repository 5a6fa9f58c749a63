import { printable } from "../../cli/printable.ts";
import { cutToWidth, wrapText } from "../../cli/table.ts";
import { proseWidth } from "../../cli/width.ts";
import type { Kinds } from "../../family/kinds.ts";
import { foldAlike, type FoldedRow, unfolded } from "../../family/fold.ts";
import type { SessionRows, TreeRow } from "../../family/tree.ts";
import { named } from "../../inspect/kind.ts";
import { isZombie, type ProcStat } from "../../procfs/stat.ts";
import {
  branchOf,
  drawTable,
  NARROW,
  type TreeLook,
  type TreeTableLine,
  type TreeTableRow,
} from "./draw.ts";
import { KIND_WORDS, ProcessCells } from "../process_cells.ts";

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

export function treeView(
  { rows, hidden }: {
    rows: readonly TreeRow[];
    /** How many kernel threads are left out. */
    hidden: number;
  },
  kinds: Kinds,
  look: TreeLook,
): string[] {
  const cells = new ProcessCells();
  const drawn = folded(rows, kinds, cells, look);
  return [
    ...drawTable(drawn.map((row) => tableRow(row, kinds, cells, look.width)), look),
    ...notes([
      LEGEND,
      ...foldNotes(drawn),
      ...(hidden > 0 ? [`${hidden} threads of the kernel are not shown (--kernel)`] : []),
    ], look),
  ];
}

export function sessionsView(
  sessions: readonly SessionRows[],
  kinds: Kinds,
  look: TreeLook,
): string[] {
  const { style, width } = look;
  const cells = new ProcessCells();
  const all: FoldedRow[] = [];
  const lines = sessions.flatMap((session): TreeTableLine[] => [
    style.bold(cutToWidth(sessionHeading(session, kinds), width)),
    ...session.groups.flatMap((group): TreeTableLine[] => {
      const drawn = folded(group.rows, kinds, cells, look);
      all.push(...drawn);
      return [
        cutToWidth(`  ${groupHeading(group, kinds)}`, width),
        ...drawn.map((row) => tableRow(row, kinds, cells, width)),
      ];
    }),
  ]);
  return [...drawTable(lines, look), ...notes([LEGEND, ...foldNotes(all)], look)];
}

function notes(texts: readonly string[], { style, width }: TreeLook): string[] {
  return texts.flatMap((text) => wrapText(text, proseWidth(width)).map(style.dim));
}

function foldNotes(rows: readonly FoldedRow[]): string[] {
  const more = rows.reduce((sum, { alike }) => sum + alike.length - 1, 0);
  if (more === 0) return [];
  return [
    `${more} more ${more === 1 ? "process is" : "processes are"} folded into these rows (--unfold)`,
  ];
}

function folded(
  rows: readonly TreeRow[],
  kinds: Kinds,
  cells: ProcessCells,
  { folded }: TreeLook,
): FoldedRow[] {
  if (!folded) return unfolded(rows);
  return foldAlike(rows, (stat) => {
    const tty = kinds.terminalOf(stat);
    // Running and sleeping processes differ only for a moment.
    const lasting = ["T", "t", "Z"].includes(stat.state) ? stat.state : "";
    const { kind } = kinds.nameOf(stat);
    return [kind, lasting, marks(stat, tty), tty ?? "", cells.command(stat)].join("\0");
  });
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
  if (leader) return `led by ${printable(named(leader))}`;
  return family.isHidden(id) ? "its leader is hidden from this user" : "its leader has ended";
}

function tableRow(row: FoldedRow, kinds: Kinds, cells: ProcessCells, width: number): TreeTableRow {
  const { stat, alike } = row;
  const { kind } = kinds.nameOf(stat);
  const tty = kinds.terminalOf(stat);
  return {
    cells: [
      String(stat.pid),
      stateCell(alike, width),
      marks(stat, tty),
      tty === null ? "-" : tty.replace(/^\/dev\//, ""),
      KIND_WORDS[kind],
      cells.cpuCell(alike),
      cells.memoryCell(alike),
    ],
    kind,
    depth: row.depth,
    prefix: branchOf(row),
    command: alike.length > 1 ? `${alike.length} × ${cells.command(stat)}` : cells.command(stat),
  };
}

function stateCell(alike: readonly ProcStat[], width: number): string {
  const letters = [...new Set(alike.map(({ state }) => state))].sort();
  return width < NARROW || letters.length > 1 ? letters.join("") : stateWord(alike[0]);
}

/** State Z with living threads is not a zombie. */
function stateWord(stat: ProcStat): string {
  if (stat.state === "Z" && !isZombie(stat)) return "threads only";
  return STATE_WORDS[stat.state] ?? stat.state;
}

function marks({ pid, sid, pgid, foregroundPgid }: ProcStat, tty: string | null): string {
  const foreground = tty !== null && foregroundPgid === pgid;
  return `${sid === pid ? "s" : ""}${pgid === pid ? "g" : ""}${foreground ? "+" : ""}`;
}
