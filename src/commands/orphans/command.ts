import { EXIT } from "../../base/exit_codes.ts";
import { confirm } from "../../cli/confirm.ts";
import type { Command, Display } from "../../cli/options.ts";
import { print, printJson, printLine, styleFor, warn } from "../../cli/output.ts";
import { printable } from "../../cli/printable.ts";
import { outputWidth } from "../../cli/width.ts";
import { endOrphan, whyNoOrphan, whyNotEnd } from "../../family/orphan_remedies.ts";
import type { Standing } from "../../family/orphanhood.ts";
import { type OrphanedTree, type OrphanReport, readOrphans } from "../../family/orphans.ts";
import { orphansJson, orphansView } from "./view.ts";
import {
  type EndOrphans,
  type ListOrphans,
  ORPHANS_OPTIONS,
  type OrphansRequest,
  orphansRequest,
} from "./request.ts";
import { orphanRows } from "./rows_view.ts";

export const orphansCommand: Command<OrphansRequest, typeof ORPHANS_OPTIONS[number]> = {
  name: "orphans",
  usage: [
    "orphans [--all] [--json] [PID...]",
    "orphans --end [--grace D] [--yes] PID...",
  ],
  description: [
    "Lists processes whose parent has exited, a row each: their age, what they hold (ports, terminals, files) and how " +
    "many descendants they have. With PIDs, shows everything about these: where they come from, what they hold, and " +
    "the evidence.",
    "Without --all it only counts daemons and services; programs left running on purpose by nohup or setsid; the main " +
    "programs of terminals; what docker exec or nsenter brought in; and processes whose session or group leader has " +
    "exited but whose parent is running. A child of init in init's own session is listed as unclear: nothing shows " +
    "whether init adopted or started it.",
    "The kernel does not record when a process was orphaned. AGE is the time since its start.",
  ],
  options: ORPHANS_OPTIONS,
  permute: true,
  examples: [
    { line: "imp orphans", says: "which processes have lost their parent" },
    { line: "imp orphans --all", says: "daemons, services and nohup'ed programs as well" },
    { line: "imp orphans 4711", says: "everything about this one" },
    {
      line: "imp orphans --end 4711",
      says: "end it and everything it has started, after confirmation",
    },
    {
      line: "imp orphans --json | jq '.orphans[] | {pid, ports: .holds.ports}'",
      says: "for a script (docs/zombies-and-orphans.md describes the JSON)",
    },
  ],
  exits: [
    ["0", "listed, even if there are none; with --end: every tree is gone"],
    ["1", "a PID is not an orphan, or part of a tree is left"],
    ["2", "wrong usage, or --yes is missing and there is no terminal to ask on"],
  ],
  request: orphansRequest,
  run: (request) => request.act === "end" ? end(request) : list(request),
};

function list({ pids, all, display }: ListOrphans): number {
  const report = readOrphans((standing, pid, leadsToImp) =>
    pids.length > 0 ? pids.includes(pid) : isWanted(standing, leadsToImp, all)
  );
  const missing = pids.filter((pid) => !report.trees.some(({ root }) => root.pid === pid));
  for (const pid of missing) {
    warn(`imp orphans: ${pid} is not an orphan: ${printable(whyNoOrphan(pid))}`);
  }
  if (!display.quiet) show(report, pids.length > 0, display);
  return missing.length > 0 ? EXIT.no : EXIT.done;
}

function isWanted(standing: Standing, leadsToImp: boolean, all: boolean): boolean {
  if (all || standing === "orphan") return true;
  // In most containers, a child of init in init's own session is an orphan. It cannot be told from init's own children,
  // but the one that leads to this imp is in use.
  return standing === "unclear" && !leadsToImp;
}

function show(report: OrphanReport, detailed: boolean, { json, color }: Display): void {
  if (json) return printJson(orphansJson(report));
  const style = styleFor(color), width = outputWidth();
  const lines = detailed
    ? orphansView(report.trees, style, width)
    : orphanRows(report, style, width);
  if (lines.length > 0) print(lines.join("\n"));
}

async function end({ pids, graceMs, yes, display }: EndOrphans): Promise<number> {
  const { trees } = readOrphans((_, pid) => pids.includes(pid));
  const chosen: OrphanedTree[] = [];
  let exit: number = EXIT.done;
  for (const pid of pids) {
    const tree = trees.find(({ root }) => root.pid === pid);
    const reason = tree ? whyNotEnd(tree) : printable(whyNoOrphan(pid));
    if (tree && !reason) chosen.push(tree);
    else {
      warn(`imp orphans: ${pid} is not ended: ${reason}`);
      exit = EXIT.no;
    }
  }
  if (chosen.length === 0) return exit;
  const total = chosen.reduce((sum, { members }) => sum + members.length, 0);
  const names = chosen.map(({ root }) => `${root.pid} ${printable(root.comm)}`).join(", ");
  const many = total === 1 ? "1 process" : `${total} processes`;
  if (!confirm(`End ${names} (${many})?`, yes)) {
    warn("imp orphans: nothing was done");
    return EXIT.no;
  }
  let unprinted: unknown;
  for (const tree of chosen) {
    const { left, text } = await endOne(tree, graceMs, display);
    if (left) exit = EXIT.no;
    try {
      // The work goes on, whether or not anybody reads about it.
      if (text && !unprinted) (display.json ? printLine : print)(text);
    } catch (error) {
      unprinted = error;
    }
  }
  if (unprinted) throw unprinted;
  return exit;
}

interface EndedTree {
  /** Whether any of it still exists. */
  left: boolean;
  /** What to print about it. */
  text?: string;
}

async function endOne(
  tree: OrphanedTree,
  graceMs: number,
  { json, quiet }: Display,
): Promise<EndedTree> {
  const { killed, left, refused } = await endOrphan(tree, graceMs);
  const { root, members } = tree;
  let text: string | undefined;
  if (json) {
    text = JSON.stringify({
      pid: root.pid,
      members: members.map(({ pid }) => pid),
      killed: killed.map(({ pid }) => pid),
      left: left.map(({ pid }) => pid),
      refused: refused.map(({ pid }) => pid),
    });
  } else {
    const how = killed.length === 0 ? "" : `, ${killed.length} of them by KILL`;
    const rest = left.map(({ pid, comm }) => `${pid} ${printable(comm)}`).join(", ") +
      (refused.length > 0 ? " (not permitted: another user's)" : "");
    const ended = members.length - left.length;
    text = `tree ${root.pid}: ${Math.max(0, ended)} ended${how}${
      rest ? `; still there: ${rest}` : ""
    }`;
    if (quiet) {
      if (left.length > 0) warn(`imp orphans: ${text}`);
      text = undefined;
    }
  }
  return { left: left.length > 0, text };
}
