import { formatDuration } from "../../base/duration.ts";
import { printable, shellLine } from "../../cli/printable.ts";
import type { Style } from "../../cli/style.ts";
import { cutToWidth, wrapText } from "../../cli/table.ts";
import type { Holdings } from "../../family/holdings.ts";
import type { Standing } from "../../family/orphanhood.ts";
import type {
  Leader,
  Origin,
  OrphanDetails,
  OrphanedTree,
  OrphanReport,
} from "../../family/orphans.ts";
import type { ProcessKind } from "../../inspect/kind.ts";
import { maySignal } from "../../libc/processes/signals.ts";
import { userById } from "../../libc/users/users.ts";
import { readCmdline } from "../../procfs/cmdline.ts";
import { orUndefined } from "../../procfs/read.ts";
import type { ProcStat } from "../../procfs/stat.ts";

const PROSE_WIDTH = 100;
const LABEL = 11;
/** Members and files that are listed one by one. */
const MAX_LISTED = 12;
/** From here on the rest is one line each: nobody reads a thousand paragraphs. */
const MAX_DETAILED = 50;

const STANDINGS: Record<Standing, readonly [one: string, many: string]> = {
  orphan: ["orphan", "orphans"],
  "left-on-purpose": ["left on purpose (nohup, setsid)", "left on purpose (nohup, setsid)"],
  daemon: ["daemon or service", "daemons and services"],
  terminal: ["main program of a terminal", "main programs of terminals"],
  unclear: [
    "child of init, which has adopted or started it",
    "children of init, which has adopted or started them",
  ],
  entered: ["with its parent outside this namespace", "with their parents outside this namespace"],
  leaderless: ["without leader, but its parent lives", "without leader, but their parents live"],
};

/** @param summary tell how many there are, and what is not shown */
export function orphansView(
  { trees, others }: OrphanReport,
  summary: boolean,
  style: Style,
  width: number,
): string[] {
  const detailed = trees.slice(0, MAX_DETAILED).flatMap((tree, i) => [
    ...(i > 0 || summary ? [""] : []),
    ...details(tree, style, width),
  ]);
  const brief = trees.slice(MAX_DETAILED);
  return [
    ...(summary ? [...heading(trees, others, style)] : []),
    ...detailed,
    ...(brief.length > 0 ? [""] : []),
    ...brief.map((tree) => briefly(tree, width)),
  ];
}

function heading(
  trees: readonly OrphanedTree[],
  others: ReadonlyMap<Standing, number>,
  style: Style,
): string[] {
  const counts = new Map<Standing, number>();
  for (const { standing } of trees) counts.set(standing, (counts.get(standing) ?? 0) + 1);
  const told = [...counts].map(([standing, n]) => amount(n, standing));
  const rest = [...others].map(([standing, n]) => amount(n, standing));
  return [
    style.bold(told.join(", ") || "no orphans"),
    ...(rest.length === 0
      ? []
      : wrapText(`not shown: ${rest.join(", ")} (imp orphans --all)`, PROSE_WIDTH).map(style.dim)),
  ];
}

function amount(n: number, standing: Standing): string {
  return `${n} ${STANDINGS[standing][n === 1 ? 0 : 1]}`;
}

function details(tree: OrphanedTree, style: Style, width: number): string[] {
  const { root, standing, members } = tree;
  const told = tree.describe();
  const { kind, parent, origin, holdings } = told;
  const prose = Math.min(width, PROSE_WIDTH) - LABEL - 2;
  const row = (name: string, value: string | undefined) =>
    value === undefined
      ? []
      : wrapText(value, prose).map((line, i) => `  ${(i ? "" : name).padEnd(LABEL)}${line}`);
  const title = cutToWidth(`${root.pid}  ${titleOf(root, told.command)}`, width);
  const color = standing === "orphan" ? style.yellow : style.cyan;
  return [
    style.bold(title),
    ...row("is", standingText(standing, kind)).map(color),
    ...row("started", startedText(told)),
    ...row("parent", parent ? `${parent.pid} ${printable(parent.comm)}` : undefined),
    ...row("session", sessionText(origin)),
    ...row("group", leaderText(origin.pgid, origin.groupLeader, root.pid)),
    ...row("tree", members.length > 1 ? treeText(members) : undefined),
    ...row("terminal", terminalText(origin, holdings)),
    ...row(
      "ports",
      listText(holdings.ports.map(({ protocol, address }) => `${protocol} ${address}`)),
    ),
    ...row("files", listText(holdings.files)),
    ...row("directory", listText(holdings.directories)),
    ...row("hidden", hiddenText(holdings, members.length)),
    ...kind.evidence.flatMap((sentence, i) => row(i ? "" : "because", printable(sentence))),
    ...(standing === "orphan" || standing === "unclear" ? row("end it", endText(root)) : []),
  ];
}

function endText({ pid }: ProcStat): string {
  return `imp orphans --end ${pid}${maySignal(pid) ? "" : " (as root or its owner)"}`;
}

function standingText(standing: Standing, { kind, title }: ProcessKind): string {
  // A mere child: the standing has said as much.
  return kind === "child"
    ? STANDINGS[standing][0]
    : `${STANDINGS[standing][0]}: ${printable(title)}`;
}

function briefly(tree: OrphanedTree, width: number): string {
  const { root, standing, members } = tree;
  const command = orUndefined(readCmdline(root.pid)) ?? [];
  const many = members.length > 1 ? ` (+${members.length - 1})` : "";
  return cutToWidth(
    `${root.pid}  ${STANDINGS[standing][0]}  ${titleOf(root, command)}${many}`,
    width,
  );
}

function titleOf(root: ProcStat, command: readonly string[]): string {
  return command.length ? shellLine(command) : `[${printable(root.comm)}]`;
}

function startedText({ startedAt, uid }: OrphanDetails): string {
  const user = uid === null ? "" : `, user ${printable(userById(uid)?.name ?? `uid ${uid}`)}`;
  const ago = formatDuration(Math.max(0, Date.now() - startedAt));
  return `${ago} ago${user}; when it lost its parent, the kernel does not keep`;
}

function sessionText({ sid, sessionLeader, unit, login }: Origin): string {
  if (sid === 0) return "one outside this PID namespace";
  const user = login && (userById(login.uid)?.name ?? `uid ${login.uid}`);
  const more = [
    ...(unit === null ? [] : [printable(unit)]),
    ...(login ? [`login ${login.session} of ${printable(user ?? "")}`] : []),
  ];
  return [leaderText(sid, sessionLeader), ...more].join("; ");
}

function leaderText(number: number, leader: Leader | null, self?: number): string {
  if (number === 0) return "one outside this PID namespace";
  if (!leader) return `${number}, whose leader has ended`;
  if (leader === "hidden") return `${number}, whose leader is hidden from this user`;
  if (leader.pid === self) return `${number}, which it leads`;
  return `${number}, led by ${printable(leader.comm)}`;
}

function treeText(members: readonly ProcStat[]): string {
  const names = members.map(({ pid, comm }) => `${pid} ${printable(comm)}`);
  return listText(names) ?? "";
}

function terminalText({ tty }: Origin, { terminals }: Holdings): string | undefined {
  const open = terminals.map((path) => path.replace(/ \(deleted\)$/, " (hung up)"));
  if (tty === null && open.length === 0) return undefined;
  const controlled = tty === null ? "none of its own" : `${tty} controls it`;
  return open.length > 0 ? `${controlled}; holds ${listText(open)}` : controlled;
}

function listText(items: readonly string[]): string | undefined {
  if (items.length === 0) return undefined;
  const more = items.length - MAX_LISTED;
  const shown = items.slice(0, MAX_LISTED).map(printable).join(", ");
  return more > 0 ? `${shown}, + ${more} more` : shown;
}

function hiddenText({ hidden }: Holdings, all: number): string | undefined {
  if (hidden === 0) return undefined;
  const whose = all === 1 ? "what it holds" : `what ${hidden} of ${all} hold`;
  return `${whose} is for root and its owner to see`;
}
