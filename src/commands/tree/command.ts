import { ImpError, UsageError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import {
  type Command,
  type Display,
  displayFrom,
  JSON_OPTION,
  type Option,
} from "../../cli/options.ts";
import { print, printLine, styleFor } from "../../cli/output.ts";
import { outputWidth } from "../../cli/width.ts";
import { Family } from "../../family/family.ts";
import { Kinds } from "../../family/kinds.ts";
import {
  type SessionRows,
  sessionRows,
  treeAround,
  type TreeRow,
  wholeTree,
} from "../../family/tree.ts";
import { isKernelThread } from "../../inspect/role.ts";
import { readStatus } from "../../procfs/status.ts";
import { Unreadable } from "../../procfs/read.ts";
import { pidOperand, whyHidden } from "../pids.ts";
import { sessionsView, treeJsonLines, treeView } from "./view.ts";

const OPTIONS = [
  { name: "session", short: "s", summary: "by session and process group" },
  { name: "kernel", short: "k", summary: "with the kernel's own threads" },
  JSON_OPTION,
] as const satisfies readonly Option[];

interface TreeRequest {
  /** Of this process alone. */
  readonly pid?: number;
  readonly by: "parent" | "session";
  readonly kernelThreads: boolean;
  readonly display: Display;
}

export const treeCommand: Command<TreeRequest, typeof OPTIONS[number]> = {
  name: "tree",
  usage: ["tree [--session] [--kernel] [--json] [PID]"],
  description: [
    "Shows who started whom: every process below its parent, or only PID with those above and below it. MARK says which " +
    "lead their session (s) and their group (g), and which are in the foreground of their terminal (+). KIND says in a " +
    "word what each is, as imp inspect does: daemon, background job, orphan, zombie ...",
    "With --session, processes stand by session and process group instead: what a terminal, a login or a daemon " +
    "consists of. With a PID too, only that process' session.",
    "Lines are cut to the width of the terminal; into a pipe or a file they are written whole. /proc is read process by " +
    "process, so what starts or exits meanwhile may be missing.",
  ],
  options: OPTIONS,
  permute: true,
  examples: [
    { line: "imp tree", says: "everything" },
    { line: "imp tree 812", says: "process 812, its ancestors and its descendants" },
    { line: "imp tree --session $$", says: "the session of this shell: all its jobs" },
    { line: "imp tree | grep orphan", says: "whole lines, because it is not a terminal" },
    {
      line: "imp tree --json | jq -r 'select(.kind == \"daemon\") | .pid'",
      says: "one object per process (docs/zombies-and-orphans.md describes the JSON)",
    },
  ],
  exits: [["1", "there is no such process"]],
  request: (values, operands) => {
    if (operands.length > 1) throw new UsageError("one PID at most", "imp tree PID");
    return {
      pid: operands.length === 1 ? pidOperand(operands[0]) : undefined,
      by: values.has("session") ? "session" : "parent",
      kernelThreads: values.has("kernel"),
      display: displayFrom(values),
    };
  },
  run: (request) => {
    const family = Family.read();
    const pid = request.pid === undefined ? undefined : processOf(request.pid, family);
    if (request.by === "session") showSessions(request.display, family, pid);
    else showTree(request, family, pid);
    return EXIT.done;
  },
};

/** The number of a thread stands for its process. */
function processOf(asked: number, family: Family): number {
  if (family.get(asked)) return asked;
  const status = readStatus(asked);
  const pid = status instanceof Unreadable ? undefined : status.tgid;
  if (pid !== undefined && family.get(pid)) return pid;
  const why = whyHidden(asked) ?? "there is none";
  throw new ImpError({ action: "show", object: `process ${asked}`, why });
}

function showTree(
  { kernelThreads, display: { json, quiet, color } }: TreeRequest,
  family: Family,
  pid?: number,
): void {
  const all = pid === undefined;
  const rows: TreeRow[] = all ? wholeTree(family, kernelThreads) : treeAround(family, pid);
  if (quiet) return;
  const kinds = new Kinds(family);
  if (json) return printLine(treeJsonLines(rows, kinds).join("\n"));
  const hidden = all && !kernelThreads ? [...family.all.values()].filter(isKernelThread).length : 0;
  print(treeView({ rows, hidden }, kinds, styleFor(color), outputWidth()).join("\n"));
}

function showSessions({ json, quiet, color }: Display, family: Family, pid?: number): void {
  const sids = pid === undefined ? family.sessions() : [family.get(pid)!.sid];
  const sessions: SessionRows[] = sessionRows(family, sids);
  if (quiet) return;
  const kinds = new Kinds(family);
  if (json) {
    const rows = sessions.flatMap(({ groups }) => groups.flatMap(({ rows }) => rows));
    if (rows.length > 0) printLine(treeJsonLines(rows, kinds).join("\n"));
    return;
  }
  print(sessionsView(sessions, kinds, styleFor(color), outputWidth()).join("\n"));
}
