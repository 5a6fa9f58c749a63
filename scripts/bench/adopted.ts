// What programs take together with all that they leave behind. The files of /proc/PID/stat count in ticks of 10 ms, and lose most of what
// runs for a few milliseconds; wait4(2) tells it to the microsecond, to the parent alone. So this process adopts them, ends them, and
// waits for each.
import { SIGKILL, SIGSTOP } from "../../src/libc/abi.ts";
import { becomeSubreaper, ownPid } from "../../src/libc/processes/process.ts";
import { sendSignal } from "../../src/libc/processes/signals.ts";
import { snapshot } from "../../src/procfs/processes.ts";
import type { ProcStat } from "../../src/procfs/stat.ts";
import { type Contender, type Cost, reapChild, runOnce } from "./measure.ts";

const PAUSE_MS = 20;

/**
 * Runs programs, one after the other.
 * @returns by the clock: until the last has ended itself; the rest with all that they have left behind, which is ended when no imp
 * works there any more
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
  // Whoever is stopped does not see that others end, and starts nothing anew.
  for (const { pid } of waiters()) sendSignal(pid, SIGSTOP);
  // The topmost first: what is below it comes here with all that it has waited for.
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
