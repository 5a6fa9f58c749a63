// Invented processes for tests of pure decisions.
import type { ProcStat } from "../../src/procfs/stat.ts";
import { Family } from "../../src/family/family.ts";

/** A typical process, with the given changes. */
export function stat(given: Partial<ProcStat> & { pid: number }): ProcStat {
  return {
    comm: "test",
    state: "S",
    ppid: 1,
    pgid: given.pid,
    sid: given.pid,
    ttyNumber: 0,
    foregroundPgid: -1,
    flags: 0,
    userTicks: 0,
    systemTicks: 0,
    nice: 0,
    threads: 1,
    startTicks: given.pid,
    residentPages: 0,
    exitStatus: 0,
    ...given,
  };
}

export function family(...members: (Partial<ProcStat> & { pid: number })[]): Family {
  return new Family(new Map(members.map((one) => [one.pid, stat(one)])));
}
