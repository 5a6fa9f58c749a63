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
import { Family, HIDDEN } from "../../family/family.ts";
import { Kinds } from "../../family/kinds.ts";
import {
  type SessionRows,
  sessionRows,
  treeAround,
  type TreeRow,
  treesOf,
  wholeTree,
} from "../../family/tree.ts";
import { isKernelThread } from "../../inspect/role.ts";
import { maySignal } from "../../libc/processes/signals.ts";
import { userByName } from "../../libc/users/users.ts";
import type { ProcStat } from "../../procfs/stat.ts";
import { effectiveUser, readStatus } from "../../procfs/status.ts";
import { Unreadable } from "../../procfs/read.ts";
import { pidOperand, whyHidden } from "../pids.ts";
import { treeJsonLines } from "./json.ts";
import { sessionsView, treeView } from "./view.ts";

const OPTIONS = [
  { name: "session", short: "s", summary: "group processes by session and process group" },
  {
    name: "user",
    short: "u",
    value: "USER",
    summary: "only processes of USER (a name or a number) and their descendants",
  },
  { name: "unfold", summary: "print identical siblings in rows of their own" },
  { name: "kernel", short: "k", summary: "include kernel threads" },
  JSON_OPTION,
] as const satisfies readonly Option[];

interface TreeRequest {
  /** Of this process only. */
  readonly pid?: number;
  /** Of this user only: a name or a number. */
  readonly user?: string;
  readonly by: "parent" | "session";
  readonly kernelThreads: boolean;
  readonly folded: boolean;
  readonly display: Display;
}

export const treeCommand: Command<TreeRequest, typeof OPTIONS[number]> = {
  name: "tree",
  usage: [
    "tree [--session] [--unfold] [--kernel] [--json] [PID]",
    "tree -u USER [--session] [--unfold] [--json]",
  ],
  description: [
    "Shows who started whom: every process below its parent, or only PID with its ancestors and descendants. MARK: s " +
    "leads its session, g leads its group, + is in the foreground of its terminal. KIND is what imp inspect calls the " +
    "process: daemon, background job, orphan, zombie ... %CPU is relative to one processor, since the start of the " +
    "process; MEMORY is resident memory. Identical siblings, with everything below them, share a row: '4 × nginx', the " +
    "PID of the first, and the sums of all.",
    "With --session, processes are grouped by session and process group instead, which shows what a terminal, a login " +
    "or a daemon consists of; with a PID, only the session of that process.",
    "On a terminal, lines are cut to its width, and columns are left out if it is narrow; into a pipe or a file they are written whole. " +
    "/proc is read process by process: processes that start or exit meanwhile may be missing.",
  ],
  options: OPTIONS,
  permute: true,
  examples: [
    { line: "imp tree", says: "everything" },
    { line: "imp tree 812", says: "process 812, its ancestors and its descendants" },
    { line: "imp tree -u www-data", says: "what that user's processes have started" },
    { line: "imp tree --session $$", says: "the session of this shell: all its jobs" },
    { line: "imp tree | grep orphan", says: "whole lines, because it is not a terminal" },
    {
      line: "imp tree --json | jq -r 'select(.kind == \"daemon\") | .pid'",
      says: "one object per process (docs/zombies-and-orphans.md describes the JSON)",
    },
  ],
  exits: [["1", "no such process or user, or the user has no processes"]],
  request: (values, operands) => {
    if (operands.length > 1) throw new UsageError("one PID at most", "imp tree PID");
    const user = values.text("user");
    if (user === "") throw new UsageError("--user needs a name or a number");
    if (user !== undefined && operands.length > 0) {
      throw new UsageError("--user and a PID both say what to show: give one");
    }
    return {
      pid: operands.length === 1 ? pidOperand(operands[0]) : undefined,
      user,
      by: values.has("session") ? "session" : "parent",
      kernelThreads: values.has("kernel"),
      folded: !values.has("unfold"),
      display: displayFrom(values),
    };
  },
  run: (request) => {
    const family = Family.read();
    const isShown = request.user === undefined ? undefined : ownedBy(request.user, family);
    const pid = request.pid === undefined ? undefined : processOf(request.pid, family);
    if (request.by === "session") showSessions(request, family, pid, isShown);
    else showTree(request, family, pid, isShown);
    return EXIT.done;
  },
};

/** Selects processes by user. @throws ImpError if there is no such user, or none of their processes is visible */
function ownedBy(user: string, family: Family): (one: ProcStat) => boolean {
  const uid = userByName(user)?.uid ?? (/^\d+$/.test(user) ? Number(user) : undefined);
  const object = `the processes of '${user}'`;
  if (uid === undefined) {
    throw new ImpError({ action: "show", object, why: "there is no such user" });
  }
  const pids = new Set([...family.all.keys()].filter((pid) => effectiveUser(pid) === uid));
  if (pids.size > 0) return ({ pid }) => pids.has(pid);
  const hint = maySignal(1) || family.get(1) ? undefined : HIDDEN;
  throw new ImpError({ action: "show", object, why: "there are none", hint });
}

/** A thread's number means its process. */
function processOf(asked: number, family: Family): number {
  if (family.get(asked)) return asked;
  const status = readStatus(asked);
  const pid = status instanceof Unreadable ? undefined : status.tgid;
  if (pid !== undefined && family.get(pid)) return pid;
  const why = whyHidden(asked) ?? "there is none";
  throw new ImpError({ action: "show", object: `process ${asked}`, why });
}

function showTree(
  { kernelThreads, folded, display: { json, quiet, color } }: TreeRequest,
  family: Family,
  pid?: number,
  isShown?: (one: ProcStat) => boolean,
): void {
  const all = pid === undefined && isShown === undefined;
  const rows: TreeRow[] = isShown
    ? treesOf(family, (one) => isShown(one) && (kernelThreads || !isKernelThread(one)))
    : pid === undefined
    ? wholeTree(family, kernelThreads)
    : treeAround(family, pid);
  if (quiet) return;
  const kinds = new Kinds(family);
  if (json) return printLine(treeJsonLines(rows, kinds).join("\n"));
  const hidden = all && !kernelThreads ? [...family.all.values()].filter(isKernelThread).length : 0;
  const look = { folded, style: styleFor(color), width: outputWidth() };
  print(treeView({ rows, hidden }, kinds, look).join("\n"));
}

function showSessions(
  { folded, display: { json, quiet, color } }: TreeRequest,
  family: Family,
  pid?: number,
  isShown?: (one: ProcStat) => boolean,
): void {
  const sids = isShown
    ? family.sessions().filter((sid) => family.session(sid).some(isShown))
    : pid === undefined
    ? family.sessions()
    : [family.get(pid)!.sid];
  const sessions: SessionRows[] = sessionRows(family, sids);
  if (quiet) return;
  const kinds = new Kinds(family);
  if (json) {
    const rows = sessions.flatMap(({ groups }) => groups.flatMap(({ rows }) => rows));
    if (rows.length > 0) printLine(treeJsonLines(rows, kinds).join("\n"));
    return;
  }
  const look = { folded, style: styleFor(color), width: outputWidth() };
  print(sessionsView(sessions, kinds, look).join("\n"));
}
