import { formatDuration } from "../../base/duration.ts";
import { printable, shellLine } from "../../cli/printable.ts";
import type { Style } from "../../cli/style.ts";
import { alignColumns, cutToWidth, spareColumns, wrapText } from "../../cli/table.ts";
import { proseWidth } from "../../cli/width.ts";
import type { Holdings } from "../../family/holdings.ts";
import type { Standing } from "../../family/orphanhood.ts";
import type { OrphanedTree, OrphanReport } from "../../family/orphans.ts";
import { userById } from "../../libc/users/users.ts";
import { STANDINGS } from "./view.ts";

/** Columns that are dropped on a narrow terminal, the first one first. */
const DISPENSABLE = ["USER", "AGE", "IS", "HOLDS"];
/** Least width of the command. */
const LEAST_COMMAND = 20;

const WORDS: Record<Standing, string> = {
  orphan: "orphan",
  "left-on-purpose": "on purpose",
  daemon: "daemon",
  terminal: "terminal",
  unclear: "unclear",
  entered: "entered",
  leaderless: "no leader",
};

/** A row for each tree, preceded by their number and what is not shown. */
export function orphanRows(
  { trees, others }: OrphanReport,
  style: Style,
  width: number,
): string[] {
  const counts = new Map<Standing, number>();
  for (const { standing } of trees) counts.set(standing, (counts.get(standing) ?? 0) + 1);
  const told = [...counts].map(([standing, n]) => amount(n, standing));
  const rest = [...others].map(([standing, n]) => amount(n, standing));
  const prose = (text: string) => wrapText(text, proseWidth(width));
  return [
    ...prose(told.join(", ") || "no orphans").map(style.bold),
    ...(rest.length === 0
      ? []
      : prose(`Not shown: ${rest.join(", ")} (imp orphans --all)`).map(style.dim)),
    ...(trees.length === 0 ? [] : ["", ...table(trees, style, width), "", ...prose(NEXT)]),
  ];
}

const NEXT = "All about one: imp orphans PID. End one: imp orphans --end PID";

function amount(n: number, standing: Standing): string {
  return `${n} ${STANDINGS[standing][n === 1 ? 0 : 1]}`;
}

function table(trees: readonly OrphanedTree[], style: Style, width: number): string[] {
  const header = ["PID", "IS", "USER", "AGE", "HOLDS", "COMMAND"];
  const rows = spareColumns([header, ...trees.map(cells)], DISPENSABLE, width, LEAST_COMMAND);
  const [first, ...others] = alignColumns(rows).map((line) => cutToWidth(line, width));
  return [style.dim(first), ...others];
}

function cells({ root, standing, members, describe }: OrphanedTree): string[] {
  const { command, uid, startedAt, holdings } = describe();
  const title = command.length ? shellLine(command) : `[${printable(root.comm)}]`;
  const more = members.length > 1 ? `(+${members.length - 1}) ` : "";
  return [
    String(root.pid),
    WORDS[standing],
    uid === null ? "?" : printable(userById(uid)?.name ?? String(uid)),
    formatDuration(Math.max(0, Date.now() - startedAt)),
    holdsText(holdings),
    more + title,
  ];
}

/** What others are most likely to wait for comes first: ports, terminals, then the number of files. */
function holdsText({ ports, terminals, files, hidden }: Holdings): string {
  const first = ports[0] && `${ports[0].protocol} ${printable(ports[0].address)}`;
  const list = [
    ...(first ? [ports.length > 1 ? `${first} +${ports.length - 1}` : first] : []),
    ...terminals.slice(0, 1).map((path) => printable(path.replace(/^\/dev\/| \(deleted\)$/g, ""))),
    ...(files.length > 0 ? [`${files.length} file${files.length === 1 ? "" : "s"}`] : []),
  ];
  return list.join(", ") || (hidden > 0 ? "hidden" : "-");
}
