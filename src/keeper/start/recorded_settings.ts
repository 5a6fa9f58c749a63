import { ImpError } from "../../base/errors.ts";
import type { KeptPlace } from "../home.ts";
import type { ObservedDaemon } from "../observe/observed.ts";
import { recordOf } from "../records/kept_records.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import { readSettingsRecord } from "../records/reading.ts";

/** What is on record has been of no use to anybody, and the next try is made with other options. */
export function hasNeverRun({ phase, state }: ObservedDaemon): boolean {
  return phase === "failed" && state !== undefined && state.runs.every((run) => run.failedStart);
}

/** The settings on record. @param forgiving a damaged record counts as none: another one takes its place. @throws ImpError */
export function recorded(
  { name, directory }: KeptPlace,
  forgiving = false,
): KeptSettings | undefined {
  const reading = readSettingsRecord(directory);
  const isDamaged = reading.is === "damaged";
  if (forgiving && isDamaged) return undefined;
  try {
    return recordOf(reading, `the settings of '${name}'`);
  } catch (error) {
    if (!isDamaged || !(error instanceof ImpError)) throw error;
    throw error.with({ hint: `imp start ${name} --replace -- PROGRAM … rewrites them` });
  }
}
