import { libc } from "../../libc/calling/load.ts";
import { childrenOf } from "../../procfs/processes.ts";
import { pageBytes } from "../../procfs/boot.ts";
import { processCpuMs, readChildren, residentPages } from "../../procfs/usage.ts";
import { isLogWatch } from "../tree/kept_marks.ts";
import type { ObservedDaemon } from "./observed.ts";

/** Current resource use of all of a daemon's processes. */
export interface KeptUsage {
  /** The program and its descendants, including those adopted by its keepers; without zombies. */
  readonly pids: readonly number[];
  /** CPU time of the running ones, milliseconds. */
  readonly cpuMs: number;
  /** Resident memory. Shared memory counts for each of them. */
  readonly rssBytes: number;
}

/** Undefined if nothing of it runs. A look takes time: processes that start or end meanwhile may be missing. */
export function usageOf(
  daemon: Pick<ObservedDaemon, "program" | "guard" | "keeper">,
): KeptUsage | undefined {
  const pids: number[] = [];
  let cpuMs = 0;
  let pages = 0;
  for (const pid of processesOf(daemon)) {
    const resident = residentPages(pid);
    // A zombie has none, nor has one that is ending.
    if (!resident) continue;
    pids.push(pid);
    pages += resident;
    cpuMs += processCpuMs(pid) ?? 0;
  }
  return pids.length === 0 ? undefined : { pids, cpuMs, rssBytes: pages * pageBytes() };
}

/** Everything below the waiters, without waiters and turns; parents before children. */
function processesOf(
  { program, guard, keeper }: Pick<ObservedDaemon, "program" | "guard" | "keeper">,
): number[] {
  const found = new Set<number>(program ? [program.pid] : []);
  for (const waiter of [keeper, guard]) {
    for (const child of waiter ? childrenNow(waiter.pid, true) : []) {
      if (child !== keeper?.pid && !isOfWaiter(child, waiter!.pid)) found.add(child);
    }
  }
  // Grows during the loop.
  for (const pid of found) for (const child of childrenNow(pid)) found.add(child);
  return [...found];
}

/**
 * A turn stays in its waiter's session, and so does the process that watches logs, even after that keeper was killed;
 * whatever is started for the daemon gets another session.
 */
function isOfWaiter(pid: number, waiter: number): boolean {
  const sid = libc("getsid").getsid(pid);
  return sid === waiter || isLogWatch({ pid, sid });
}

function childrenNow(pid: number, single = false): readonly number[] {
  return readChildren(pid, single) ?? childrenOf(pid);
}
