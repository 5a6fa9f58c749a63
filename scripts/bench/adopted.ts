// The cost of programs together with everything they leave behind. /proc/PID/stat counts in ticks of 10 ms and misses
// most of what runs for a few milliseconds; wait4(2) is exact to the microsecond, but for the parent only. So this
// process adopts the rest, ends it, and waits for each.
import { SIGKILL, SIGSTOP } from "../../src/libc/abi.ts";
import { becomeSubreaper, ownPid } from "../../src/libc/processes/process.ts";
import { sendSignal } from "../../src/libc/processes/signals.ts";
import { snapshot } from "../../src/procfs/processes.ts";
import type { ProcStat } from "../../src/procfs/stat.ts";
import { type Contender, type Cost, reapChild, runOnce } from "./measure.ts";

const PAUSE_MS = 20;

/**
 * Runs programs, one after the other.
 * @returns elapsed time until the last one has ended; CPU time and faults include everything they left behind, which is
 * ended once no imp is working any more
 */
export async function runTree(
  contenders: readonly Contender[],
  env: readonly string[],
): Promise<Cost> {
  if (becomeSubreaper() !== 0) throw new Error("prctl(2) has failed");
  const begin = performance.now();
  let cpu = 0, faults = 0;
  for (const contender of contenders) {
    const cost = runOnce(contender, env);
    cpu += cost.cpu;
    faults += cost.faults;
  }
  const wall = (performance.now() - begin) * 1000;
  while (descendants().some(({ comm }) => comm === "imp")) await pause();
  // A stopped waiter does not notice that others end, and starts nothing new.
  for (const { pid } of waiters()) sendSignal(pid, SIGSTOP);
  // The topmost first: its children are then adopted here, with everything they have waited for.
  while (descendants().length > 0) {
    for (const { pid, ppid } of descendants()) {
      if (ppid !== ownPid()) continue;
      sendSignal(pid, SIGKILL);
      const cost = reapChild(pid);
      cpu += cost?.cpu ?? 0;
      faults += cost?.faults ?? 0;
    }
  }
  return { wall, cpu, faults };
}

/** Guards before keepers. */
function waiters(): ProcStat[] {
  return descendants().filter(({ comm }) => /^imp-(guard|keeper)$/.test(comm))
    .sort((one, other) => one.comm.localeCompare(other.comm));
}

function descendants(): ProcStat[] {
  const processes = snapshot();
  const isOurs = ({ ppid }: ProcStat): boolean =>
    ppid === ownPid() || (processes.has(ppid) && isOurs(processes.get(ppid)!));
  return [...processes.values()].filter(isOurs);
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}
