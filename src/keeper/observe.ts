import { bootId } from "../procfs/boot.ts";
import { type ProcStat, readStat } from "../procfs/stat.ts";
import { findWaiters } from "./find_waiters.ts";
import { judgeKept, type ObservedDaemon } from "./observed.ts";
import type { KeptPlace } from "./home.ts";
import { readIntentRecord, readSettingsRecord, readStateRecord } from "./records/reading.ts";

/** What {@link observeKept} may use instead of looking itself. */
export interface ObserveOptions {
  /** What a look at /proc has shown; each process is asked for by itself when left out. */
  readonly processes?: ReadonlyMap<number, ProcStat>;
  /** Settings are not read, and count as missing: for lists. */
  readonly withoutSettings?: boolean;
}

/**
 * What is known of a kept daemon now: its records, and what /proc shows of the processes that they name, by PID, start time and
 * boot. Nothing is locked, changed, or thrown, whatever the directory holds; it may be half removed, or another user's.
 */
export function observeKept(
  place: KeptPlace,
  { processes, withoutSettings = false }: ObserveOptions = {},
): ObservedDaemon {
  const { name, directory } = place;
  return judgeKept({
    name,
    directory,
    settings: withoutSettings ? { is: "missing" } : readSettingsRecord(directory),
    intent: readIntentRecord(directory),
    state: readStateRecord(directory),
    bootId: bootId(),
    processOf: (pid) => processes ? processes.get(pid) : readStat(pid),
    search: () => findWaiters(directory, processes),
  });
}
