import { formatDuration } from "../../base/duration.ts";
import { printable, shellLine } from "../../cli/printable.ts";
import type { Style } from "../../cli/style.ts";
import { cutToWidth, wrapText } from "../../cli/table.ts";
import { proseWidth } from "../../cli/width.ts";
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
import type { ProcStat } from "../../procfs/stat.ts";

const LABEL = 11;
/** Most members and files that are listed one by one. */
const MAX_LISTED = 12;
/** Full details of some trees. */
export function orphansView(
  trees: readonly OrphanedTree[],
  style: Style,
  width: number,
): string[] {
  return trees.flatMap((tree, i) => [...(i > 0 ? [""] : []), ...details(tree, style, width)]);
}

function details(tree: OrphanedTree, style: Style, width: number): string[] {
  const { root, standing, members } = tree;
  const told = tree.describe();
  const { kind, parent, origin, holdings } = told;
  const prose = proseWidth(width) - LABEL - 2;
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
  // A mere child: the standing has already said so.
  return kind === "child"
    ? STANDINGS[standing][0]
    : `${STANDINGS[standing][0]}: ${printable(title)}`;
}

function titleOf(root: ProcStat, command: readonly string[]): string {
  return command.length ? shellLine(command) : `[${printable(root.comm)}]`;
}

function startedText({ startedAt, uid }: OrphanDetails): string {
  const user = uid === null ? "" : `, user ${printable(userById(uid)?.name ?? `uid ${uid}`)}`;
  const ago = formatDuration(Math.max(0, Date.now() - startedAt));
  return `${ago} ago${user}; it was orphaned some time later`;
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
  if (!leader) return `${number}, whose leader has exited`;
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

// docs/zombies-and-orphans.md describes these objects: names are only ever added.

export function orphansJson({ trees, others }: OrphanReport): Record<string, unknown> {
  return { orphans: trees.map(treeJson), others: Object.fromEntries(others) };
}

function treeJson(tree: OrphanedTree): Record<string, unknown> {
  const { root, standing, members } = tree;
  const { command, kind, uid, parent, startedAt, origin, holdings } = tree.describe();
  return {
    pid: root.pid,
    comm: root.comm,
    command,
    standing,
    ...kind,
    state: root.state,
    uid,
    parent,
    startTicks: root.startTicks,
    startedAt,
    // The kernel does not record this time.
    orphanedAt: null,
    session: { sid: origin.sid, leader: brief(origin.sessionLeader), login: origin.login },
    group: { pgid: origin.pgid, leader: brief(origin.groupLeader) },
    tty: origin.tty,
    unit: origin.unit,
    members: members.map((member) => brief(member)),
    holds: {
      terminals: holdings.terminals,
      ports: holdings.ports.map(({ protocol, address }) => ({ protocol, address })),
      files: holdings.files,
      directories: holdings.directories,
      hidden: holdings.hidden,
    },
  };
}

function brief(stat: Leader | null): Record<string, unknown> | "hidden" | null {
  if (stat === null || stat === "hidden") return stat;
  return { pid: stat.pid, ppid: stat.ppid, comm: stat.comm, state: stat.state };
}

/** Names of the standings. */
export const STANDINGS: Record<Standing, readonly [one: string, many: string]> = {
  orphan: ["orphan", "orphans"],
  "left-on-purpose": [
    "left running on purpose (nohup, setsid)",
    "left running on purpose (nohup, setsid)",
  ],
  daemon: ["daemon or service", "daemons and services"],
  terminal: ["main program of a terminal", "main programs of terminals"],
  unclear: [
    "child of init, adopted or started by it",
    "children of init, adopted or started by it",
  ],
  entered: ["process entered from outside", "processes entered from outside"],
  leaderless: [
    "process whose leader has exited but whose parent is running",
    "processes whose leader has exited but whose parent is running",
  ],
};
