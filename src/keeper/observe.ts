import { bootId } from "../procfs/boot.ts";
import { isZombie, readStat } from "../procfs/stat.ts";
import { readChildren, residentPages } from "../procfs/usage.ts";
import { findWaiters } from "./find_waiters.ts";
import type { KeptPlace } from "./home.ts";
import { judgeKept, type LivingProcess, type ObservedDaemon } from "./observed.ts";
import type { KeptState } from "./records/kept_state.ts";
import { readIntentRecord, readSettingsRecord, readStateRecord } from "./records/reading.ts";

/** How much {@link observeKept} looks at. */
export interface ObserveOptions {
  /**
   * For lists of hundreds: settings and intent of one that is as it should be are not read and count as missing, and its processes are
   * proven by their relations: guard, keeper and program, each the parent of the next as it is noted.
   */
  readonly brief?: boolean;
  /** Of this boot; asked for when left out. */
  readonly bootId?: string;
}

/**
 * What is known of a kept daemon now: its records, and what /proc shows of the processes that they name, by PID, start time and
 * boot. Nothing is locked, changed, or thrown, whatever the directory holds; it may be half removed, or another user's.
 */
export function observeKept(
  { name, directory }: KeptPlace,
  { brief = false, bootId: boot = bootId() }: ObserveOptions = {},
): ObservedDaemon {
  const state = readStateRecord(directory);
  const chain = brief && state.is === "read" && state.value.bootId === boot
    ? provenChain(state.value)
    : undefined;
  const missing = { is: "missing" } as const;
  return judgeKept({
    name,
    directory,
    settings: chain ? missing : readSettingsRecord(directory),
    intent: chain ? missing : readIntentRecord(directory),
    state,
    bootId: boot,
    processOf: (pid) => chain?.get(pid) ?? livingProcess(pid),
    search: () => findWaiters(directory),
  });
}

/**
 * Guard, keeper and program by PID, when each is the parent of the next: no others that were given these PIDs would stand so. Half the price
 * of reading their start times.
 */
function provenChain(
  { guard, keeper, program }: KeptState,
): ReadonlyMap<number, LivingProcess> | undefined {
  if (!guard || !keeper || !program) return undefined;
  if (!readChildren(guard.pid)?.includes(keeper.pid)) return undefined;
  if (!readChildren(keeper.pid)?.includes(program.pid)) return undefined;
  // A zombie is a child as well, without memory.
  if (!residentPages(program.pid)) return undefined;
  return new Map([
    // Nobody asks for a guard's parent.
    [guard.pid, { ...guard, ppid: 0 }],
    [keeper.pid, { ...keeper, ppid: guard.pid }],
    [program.pid, { ...program, ppid: keeper.pid }],
  ]);
}

function livingProcess(pid: number): LivingProcess | undefined {
  const stat = readStat(pid);
  return stat && !isZombie(stat) ? stat : undefined;
}
