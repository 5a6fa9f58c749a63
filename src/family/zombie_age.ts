import { onCpu } from "../libc/processes/affinity.ts";
import { lastCpu, lastRun } from "../procfs/sched.ts";

/**
 * How long ago zombies ended, in milliseconds; those of which it cannot be known are missing.
 *
 * /proc has no such time: field 22 of stat is the start. But a zombie has not run since it ended, and the scheduler
 * keeps when a process last ran, on a clock of the CPU it ran on. What that clock shows now is read from imp itself
 * while it runs there. The clock leaves out time that a hypervisor took away and time in suspend, so the true age may be
 * a little greater.
 */
export function readZombieAges(pids: readonly number[]): Map<number, number> {
  const known = pids.flatMap((pid) => {
    const cpu = lastCpu(pid);
    const ran = lastRun(pid);
    return cpu === undefined || ran === undefined ? [] : [{ pid, cpu, ran }];
  });
  const ages = new Map<number, number>();
  for (const [cpu, zombies] of Map.groupBy(known, (zombie) => zombie.cpu)) {
    const now = onCpu(cpu, () => lastRun("self"));
    if (now === undefined) continue;
    // imp's own number is as old as the last tick, so it may lie before that of what ended just now.
    for (const { pid, ran } of zombies) ages.set(pid, Math.max(0, now - ran));
  }
  return ages;
}
