import { libc } from "../../libc/calling/load.ts";
import { childrenOf } from "../../procfs/processes.ts";
import { pageBytes } from "../../procfs/boot.ts";
import { processCpuMs, readChildren, residentPages } from "../../procfs/usage.ts";
import { isLogWatch } from "../tree/kept_marks.ts";
import type { ObservedDaemon } from "./observed.ts";

/** What all processes of a daemon use now. */
export interface KeptUsage {
  /** The program and all that descends from it, what its keepers have adopted included; zombies are not counted. */
  readonly pids: readonly number[];
  /** CPU time of those that run now, milliseconds. */
  readonly cpuMs: number;
  /** Resident memory. What several share counts for each of them. */
  readonly rssBytes: number;
}

/** Undefined when nothing of it runs. A look is no instant: who starts or ends meanwhile may be missing. */
export function usageOf(
  daemon: Pick<ObservedDaemon, "program" | "guard" | "keeper">,
): KeptUsage | undefined {
  const pids: number[] = [];
  let cpuMs = 0;
  let pages = 0;
  for (const pid of processesOf(daemon)) {
    const resident = residentPages(pid);
    // A zombie has none, and neither has one that is ending.
    if (!resident) continue;
    pids.push(pid);
    pages += resident;
    cpuMs += processCpuMs(pid) ?? 0;
  }
  return pids.length === 0 ? undefined : { pids, cpuMs, rssBytes: pages * pageBytes() };
}

/** All below the waiters, the waiters themselves and their turns left out; parents before children. */
function processesOf(
  { program, guard, keeper }: Pick<ObservedDaemon, "program" | "guard" | "keeper">,
): number[] {
  const found = new Set<number>(program ? [program.pid] : []);
  for (const waiter of [keeper, guard]) {
    for (const child of waiter ? childrenNow(waiter.pid, true) : []) {
      if (child !== keeper?.pid && !isOfWaiter(child, waiter!.pid)) found.add(child);
    }
  }
  // It grows while it is walked.
  for (const pid of found) for (const child of childrenNow(pid)) found.add(child);
  return [...found];
}

/**
 * A turn stays in the session of its waiter, and so does the process that looks after logs, also in that of a keeper which was
 * killed; whatever is started for the daemon gets another one.
 */
function isOfWaiter(pid: number, waiter: number): boolean {
  const sid = libc("getsid").getsid(pid);
  return sid === waiter || isLogWatch({ pid, sid });
}

function childrenNow(pid: number, single = false): readonly number[] {
  return readChildren(pid, single) ?? childrenOf(pid);
}
