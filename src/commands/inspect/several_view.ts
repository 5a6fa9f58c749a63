import { formatDuration } from "../../base/duration.ts";
import { printable } from "../../cli/printable.ts";
import type { Style } from "../../cli/style.ts";
import { alignColumns, cutToWidth, spareColumns, wrapText } from "../../cli/table.ts";
import { proseWidth } from "../../cli/width.ts";
import { Family } from "../../family/family.ts";
import { Kinds } from "../../family/kinds.ts";
import { userById } from "../../libc/users/users.ts";
import type { ProcStat } from "../../procfs/stat.ts";
import { effectiveUser } from "../../procfs/status.ts";
import { KIND_WORDS, ProcessCells } from "../process_cells.ts";
import type { MeantProcesses } from "./targets.ts";

const HEADER = ["PID", "USER", "KIND", "PARENT", "%CPU", "MEMORY", "AGE", "COMMAND"];
/** Without enough room, these go first; the command keeps this many columns. */
const DISPENSABLE = ["PARENT", "AGE", "MEMORY", "%CPU", "USER", "KIND"];
const LEAST_COMMAND = 24;

/** The processes that a name or a port means, if several: a row for each. */
export function severalView(
  { pids, are }: MeantProcesses,
  style: Style,
  width: number,
): string[] {
  const family = Family.read();
  const kinds = new Kinds(family);
  const cells = new ProcessCells();
  const found = pids.flatMap((pid) => family.get(pid) ?? []);
  const rows = found.map((stat) => row(stat, kinds, cells));
  const table = spareColumns([HEADER, ...rows], DISPENSABLE, width, LEAST_COMMAND);
  const [head, ...lines] = alignColumns(table).map((line) => cutToWidth(line, width));
  const count = found.length === 1
    ? "1 process is left of those that"
    : `${found.length} processes`;
  return [
    ...wrapText(`${count} ${printable(are)}:`, proseWidth(width)).map(style.bold),
    style.dim(head),
    ...lines,
    ...wrapText("Everything about one of them: imp inspect PID", proseWidth(width)),
  ];
}

function row(stat: ProcStat, kinds: Kinds, cells: ProcessCells): string[] {
  const uid = effectiveUser(stat.pid);
  const user = uid === undefined ? "?" : userById(uid)?.name ?? String(uid);
  return [
    String(stat.pid),
    printable(user),
    KIND_WORDS[kinds.nameOf(stat).kind],
    String(stat.ppid),
    cells.cpuCell([stat]),
    cells.memoryCell([stat]),
    formatDuration(cells.ageMs(stat)),
    cells.command(stat),
  ];
}
