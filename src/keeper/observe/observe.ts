import { bootId } from "../../procfs/boot.ts";
import { isZombie, readStat } from "../../procfs/stat.ts";
import { findWaiters } from "../waiter/find_waiters.ts";
import { readPageWords } from "../waiter/page_words.ts";
import type { KeptPlace } from "../home.ts";
import {
  type Evidence,
  type FoundWaiters,
  judgeKept,
  type LivingProcess,
  type ObservedDaemon,
} from "./observed.ts";
import type { KeptState } from "../records/kept_state.ts";
import { stateInPage } from "../records/page_state.ts";
import {
  readIntentRecord,
  readSettingsRecord,
  readStateRecord,
  type RecordReading,
} from "../records/reading.ts";

/**
 * What is known about a kept daemon now: its records, and what /proc shows about the processes in them, by PID, start
 * time and boot. Locks, changes and throws nothing, whatever the directory contains; it may be half removed, or another
 * user's.
 * @param boot the id of this boot
 * @param search for waiters that no record names
 * @param known its state, if read a moment ago
 */
export function observeKept(
  { name, directory }: KeptPlace,
  boot: string | undefined = bootId(),
  search: () => FoundWaiters = () => findWaiters(directory),
  known?: RecordReading<KeptState>,
): ObservedDaemon {
  const evidence: Evidence = {
    name,
    directory,
    settings: readSettingsRecord(directory),
    intent: readIntentRecord(directory),
    state: known ?? readStateRecord(directory),
    bootId: boot,
    processOf: livingProcess,
    search,
  };
  const observed = judgeKept(evidence);
  const { acting, program, phase } = observed;
  if (!acting || program && phase === "running") return observed;
  // On a full or read-only disk, its waiters keep a newer state than the record.
  const younger = stateInPage(readPageWords(acting.pid) ?? {}, observed.state);
  return younger ? judgeKept({ ...evidence, state: { is: "read", value: younger } }) : observed;
}

function livingProcess(pid: number): LivingProcess | undefined {
  const stat = readStat(pid);
  return stat && !isZombie(stat) ? stat : undefined;
}
