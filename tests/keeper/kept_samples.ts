// Invented kept daemons for tests of pure decisions.
import type { Evidence, FoundWaiters } from "../../src/keeper/observe/observed.ts";
import type { Intent } from "../../src/keeper/records/intent.ts";
import type { KeptRun, KeptState } from "../../src/keeper/records/kept_state.ts";
import type { ProcStat } from "../../src/procfs/stat.ts";
import { stat } from "../family/relatives.ts";

export const BOOT = "b1";
/** Some day at noon. */
export const NOON = 1_790_000_000_000;

export const INTENT: Intent = {
  schema: 1,
  wanted: "run",
  serial: 1,
  startSerial: 1,
  by: "imp start web",
  at: NOON,
};

export const STATE: KeptState = {
  schema: 1,
  phase: "running",
  bootId: BOOT,
  intentSerial: 1,
  startSerial: 1,
  guard: { pid: 10, startTicks: 10 },
  keeper: { pid: 11, startTicks: 11 },
  program: { pid: 12, startTicks: 12 },
  startedAt: NOON,
  readyAt: NOON + 100,
  restarts: 0,
  failures: 0,
  restartTimes: [],
  runs: [],
};

export const GUARD = stat({ pid: 10, comm: "imp-guard" });
export const KEEPER = stat({ pid: 11, ppid: 10, comm: "imp-keeper" });
export const PROGRAM = stat({ pid: 12, ppid: 11, comm: "web" });

export function aRun(given: Partial<KeptRun> = {}): KeptRun {
  return {
    pid: 9,
    startedAt: NOON - 60_000,
    endedAt: NOON,
    kind: "error",
    exitCode: 1,
    core: false,
    failedStart: false,
    lastLines: [],
    ...given,
  };
}

/** Everything as it should be, except for the given changes. @param processes as in /proc */
export function evidence(
  processes: readonly ProcStat[] = [GUARD, KEEPER, PROGRAM],
  given: Partial<Evidence> & { found?: FoundWaiters } = {},
): Evidence {
  const { found = {}, ...rest } = given;
  return {
    name: "web",
    directory: "/var/lib/imp/daemons/web",
    settings: { is: "missing" },
    intent: { is: "read", value: INTENT },
    state: { is: "read", value: STATE },
    bootId: BOOT,
    processOf: (pid) => processes.find((one) => one.pid === pid && one.state !== "Z"),
    search: () => found,
    ...rest,
  };
}

/** A record that must not be trusted. */
export function unusable(because: "newer" | "damaged" | "unreadable") {
  if (because === "newer") return { is: because, schema: 2 } as const;
  if (because === "damaged") return { is: because, why: "it is cut off" } as const;
  return { is: because, errno: "EACCES" } as const;
}
