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

/** What a command wants of a daemon, for the record. Undefined: what is there stays. */
export interface StartOrder {
  readonly settings?: KeptSettings;
  readonly environment?: readonly Bytes[];
  readonly intent: Intent;
}

/**
 * Writes down what is wanted and has it done, under the lock of the name. Where it cannot be written, or nobody can be had to do it,
 * everything is as it was: a daemon that nobody has begun to start is not to be missed.
 * @param have it done
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

/** Two daemons that are to cut one log decide one after the other: the second one finds the first. */
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
    // Why there is no order is told; a disk that takes nothing back has taken nothing, as a rule.
    if (!(error instanceof ImpError)) throw error;
  }
}
