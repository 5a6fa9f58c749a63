import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import type { KeptPlace } from "../home.ts";
import { intentNow } from "../records/intent_now.ts";
import { writeIntent } from "../records/kept_records.ts";
import { underNameLock } from "../records/name_lock.ts";
import { readSettingsRecord } from "../records/reading.ts";

export type AtBootOutcome =
  & { readonly name: string }
  & (
    /** @field changed it was not so before @field stopped it is not wanted to run: then it is not started either */
    | { readonly is: "set"; readonly changed: boolean; readonly stopped: boolean }
    | { readonly is: "failed"; readonly error: ImpError }
  );

/**
 * Sets whether a daemon is started at boot, and nothing else: its serial is unchanged, so its keeper does nothing.
 * Throws nothing.
 */
export async function setAtBoot(place: KeptPlace, atBoot: boolean): Promise<AtBootOutcome> {
  const { name, directory } = place;
  try {
    return await underNameLock(place, (): AtBootOutcome => {
      if (readSettingsRecord(directory).is === "missing") throw unknown(name);
      const before = intentNow(place);
      if (!before) throw unknown(name);
      const changed = before.atBoot !== atBoot;
      if (changed) writeIntent(place, { ...before, atBoot });
      return { name, is: "set", changed, stopped: before.wanted === "stop" };
    });
  } catch (error) {
    if (!(error instanceof ImpError)) throw error;
    return { name, is: "failed", error };
  }
}

function unknown(name: string): ImpError {
  return new ImpError({
    action: "change",
    object: `what becomes of '${name}' at boot`,
    why: "it was never started",
    hint: `imp start ${name} -- PROGRAM starts it`,
    exit: EXIT.no,
  });
}
