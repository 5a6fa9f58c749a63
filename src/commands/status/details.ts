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
  /** Where the code of its keepers lies. */
  readonly waiter?: "file" | "memfd" | "resident";
  /** How it stands to the limits of its control group, in words. */
  readonly limits?: string;
  /** So many turns of imp have failed in a row: its keeper cannot act. */
  readonly failedTurns: number;
}

export interface StatusProcess {
  readonly pid: number;
  readonly ppid: number;
  /** Generations below those that the keeper is the parent of. */
  readonly depth: number;
  readonly comm: string;
  /** None where it may not be looked at. */
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

/** By the file that it executes; undefined where that may not be looked at. */
function waiterKindOf(pid: number): StatusDetails["waiter"] {
  const file = readLink(`/proc/${pid}/exe`);
  if (file === undefined) return undefined;
  if (file.startsWith("/memfd:")) return "memfd";
  return file.replace(/ \(deleted\)$/, "").endsWith(`/${KEEPER_COMM}`) ? "file" : "resident";
}

function treeOf(pids: readonly number[]): StatusProcess[] {
  // Nearly always.
  if (pids.length === 1) return pids.flatMap((pid) => processOf(readStat(pid), 0));
  const stats = pids.flatMap((pid) => readStat(pid) ?? []);
  const inside = new Set(pids);
  const rows: StatusProcess[] = [];
  const add = (parent: number | undefined, depth: number) => {
    for (const stat of stats) {
      if (parent === undefined ? inside.has(stat.ppid) : stat.ppid !== parent) continue;
      rows.push(...processOf(stat, depth));
      // A look is no instant: nobody is to be his own ancestor.
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
