import type { Kin } from "../../src/termination/scope.ts";

export const kin = (pid: number, ppid: number, pgid: number, sid = pgid, state = "S"): Kin => ({
  pid,
  ppid,
  pgid,
  sid,
  state,
  threads: 1,
  startTicks: pid,
  comm: `p${pid}`,
});
export const table = (...all: Kin[]) => new Map(all.map((one) => [one.pid, one]));
export const pids = (all: readonly Kin[]) => all.map(({ pid }) => pid).sort((a, b) => a - b);

export const SELF = 10;

export const PROCESSES = table(
  kin(1, 0, 1),
  kin(SELF, 1, SELF, 5),
  kin(11, SELF, 11, 5),
  kin(12, 11, 11, 5),
  kin(13, SELF, 13, 13), // its own session
  kin(14, 13, 13, 13, "Z"),
  kin(15, 12, SELF, 5), // in our own group
  kin(20, 1, 20, 20),
  kin(21, 20, 11, 5), // a stranger in group 11
);
