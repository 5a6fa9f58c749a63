import { type KeptLog, keptLogs } from "../../keeper/kept_logs.ts";
import type { KeptFacts } from "../../keeper/observe/kept_facts.ts";
import { limitUseText, readLimitUse } from "../../keeper/limits/limit_use.ts";
import { KEEPER_COMM } from "../../keeper/tree/kept_marks.ts";
import { readPageWords } from "../../keeper/waiter/page_words.ts";
import { readLink } from "../../libc/descriptors/files.ts";
import { readCmdline } from "../../procfs/cmdline.ts";
import { orUndefined } from "../../procfs/read.ts";
import { type ProcStat, readStat } from "../../procfs/stat.ts";

/** What a list has no room for. */
export interface StatusDetails {
  readonly logs: readonly KeptLog[];
  /** The processes of the daemon, parents before children. */
  readonly tree: readonly StatusProcess[];
  /** Where the code of its keepers is. */
  readonly waiter?: "file" | "memfd" | "resident";
  /** Its use of its control group's limits, in words. */
  readonly limits?: string;
  /** How many turns of imp failed in a row: its keeper cannot act. */
  readonly failedTurns: number;
}

export interface StatusProcess {
  readonly pid: number;
  readonly ppid: number;
  /** Generations below the keeper's children. */
  readonly depth: number;
  readonly comm: string;
  /** Empty if it cannot be read. */
  readonly command: readonly string[];
}

export function statusDetails(facts: KeptFacts): StatusDetails {
  const { acting } = facts.daemon;
  return {
    logs: keptLogs(facts),
    tree: treeOf(facts.usage?.pids ?? []),
    ...(acting ? { waiter: waiterKindOf(acting.pid) } : {}),
    ...limitsOf(facts),
    failedTurns: (acting && readPageWords(acting.pid)?.failures) ?? 0,
  };
}

function limitsOf({ daemon: { settings, state, program } }: KeptFacts): { limits?: string } {
  const { resources } = settings ?? {};
  if (!resources || !program || state?.cgroup === undefined) return {};
  return { limits: limitUseText(readLimitUse(state.cgroup, resources), resources) };
}

/** Judged by the file that it executes; undefined if that cannot be read. */
function waiterKindOf(pid: number): StatusDetails["waiter"] {
  const file = readLink(`/proc/${pid}/exe`);
  if (file === undefined) return undefined;
  if (file.startsWith("/memfd:")) return "memfd";
  return file.replace(/ \(deleted\)$/, "").endsWith(`/${KEEPER_COMM}`) ? "file" : "resident";
}

function treeOf(pids: readonly number[]): StatusProcess[] {
  // The usual case.
  if (pids.length === 1) return pids.flatMap((pid) => processOf(readStat(pid), 0));
  const stats = pids.flatMap((pid) => readStat(pid) ?? []);
  const inside = new Set(pids);
  const rows: StatusProcess[] = [];
  const add = (parent: number | undefined, depth: number) => {
    for (const stat of stats) {
      if (parent === undefined ? inside.has(stat.ppid) : stat.ppid !== parent) continue;
      rows.push(...processOf(stat, depth));
      // A look takes time: a process must not become its own ancestor.
      if (depth < pids.length) add(stat.pid, depth + 1);
    }
  };
  add(undefined, 0);
  return rows;
}

function processOf(stat: ProcStat | undefined, depth: number): StatusProcess[] {
  if (!stat) return [];
  const { pid, ppid, comm } = stat;
  return [{ pid, ppid, depth, comm, command: orUndefined(readCmdline(pid)) ?? [] }];
}
