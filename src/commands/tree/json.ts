import type { Kinds } from "../../family/kinds.ts";
import type { TreeRow } from "../../family/tree.ts";
import { readCmdline } from "../../procfs/cmdline.ts";
import { orUndefined } from "../../procfs/read.ts";
import { ProcessCells } from "../process_cells.ts";

// docs/zombies-and-orphans.md describes these objects: names are only ever added.

/** One object for each process, parents before children. */
export function treeJsonLines(rows: readonly TreeRow[], kinds: Kinds): string[] {
  const cells = new ProcessCells();
  return rows.map(({ stat, depth }) => {
    const { kind, title } = kinds.nameOf(stat);
    const { pid, ppid, pgid, sid, comm, state, threads, startTicks } = stat;
    const tty = kinds.terminalOf(stat);
    return JSON.stringify({
      pid,
      ppid,
      depth,
      pgid,
      sid,
      sessionLeader: sid === pid,
      groupLeader: pgid === pid,
      tty,
      foreground: tty !== null && stat.foregroundPgid === pgid,
      state,
      threads,
      startTicks,
      cpuPercent: Math.round(cells.cpuPercent(stat) * 10) / 10,
      residentBytes: cells.residentBytes(stat),
      kind,
      title,
      comm,
      command: orUndefined(readCmdline(pid)) ?? [],
    });
  });
}
