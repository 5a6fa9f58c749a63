import { ImpError } from "../../base/errors.ts";
import { closeFile } from "../../libc/descriptors/files.ts";
import type { Bytes } from "../../libc/processes/spawn.ts";
import type { KeptPlace } from "../home.ts";
import type { Intent } from "../records/intent.ts";
import {
  readOrder,
  writeIntent,
  writeKeptEnvironment,
  writeKeptSettings,
  writeOrder,
} from "../records/kept_records.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import { takeNameLock } from "../records/name_lock.ts";
import { moveAway, sweepRemoved } from "../records/remove_records.ts";
import { cutsNamedLog, refuseSharedLog } from "./start_refusals.ts";

/** What a command wants of a daemon, for the record. Undefined: unchanged. */
export interface StartOrder {
  readonly settings?: KeptSettings;
  readonly environment?: readonly Bytes[];
  readonly intent: Intent;
}

/**
 * Records the intent and has it carried out, under the lock of the name. If it cannot be recorded, or nobody can be
 * started for it, everything is restored: a daemon that nobody has begun to start must not be reported as lost.
 * @param have carries it out
 * @throws ImpError
 */
export function giveOrder(place: KeptPlace, order: StartOrder, have: () => void): void {
  const before = readOrder(place);
  try {
    if (order.settings) writeOwnSettings(place, order.settings);
    if (order.environment) writeKeptEnvironment(place, order.environment);
    writeIntent(place, order.intent);
    have();
  } catch (error) {
    takeBack(place, before);
    throw error;
  }
}

/** Two daemons that would cut the same log decide one after the other: the second one finds the first. */
function writeOwnSettings(place: KeptPlace, settings: KeptSettings): void {
  if (!cutsNamedLog(place, settings)) return writeKeptSettings(place, settings);
  const fd = takeNameLock({ ...place, directory: place.home });
  try {
    refuseSharedLog(place, settings);
    writeKeptSettings(place, settings);
  } finally {
    closeFile(fd);
  }
}

function takeBack(place: KeptPlace, before: ReturnType<typeof readOrder>): void {
  try {
    if (before) return writeOrder(place, before);
    moveAway(place);
    sweepRemoved(place);
  } catch (error) {
    // The original error is reported; a disk that cannot restore it usually did not change it either.
    if (!(error instanceof ImpError)) throw error;
  }
}
