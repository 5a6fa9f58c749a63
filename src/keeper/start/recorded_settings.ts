import { ImpError } from "../../base/errors.ts";
import type { KeptPlace } from "../home.ts";
import type { ObservedDaemon } from "../observe/observed.ts";
import { recordOf } from "../records/kept_records.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import { readSettingsRecord } from "../records/reading.ts";

/** The recorded settings have never worked, and the next try has other options. */
export function hasNeverRun({ phase, state }: ObservedDaemon): boolean {
  return phase === "failed" && state !== undefined && state.runs.every((run) => run.failedStart);
}

/**
 * The recorded settings. @param forgiving treats a damaged record as missing: another one replaces it. @throws ImpError
 */
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
