import type { KeptPlace } from "../home.ts";
import type { Intent } from "./intent.ts";
import { recordOf } from "./kept_records.ts";
import { readIntentRecord, readStateRecord } from "./reading.ts";

/**
 * What a daemon's owner wants now, for a command about to change it. A damaged or lost record counts as older than
 * everything in the state.
 * @throws ImpError if it is a newer imp's, or cannot be read
 */
export function intentNow({ name, directory }: KeptPlace): Intent | undefined {
  const reading = readIntentRecord(directory);
  if (reading.is !== "damaged" && reading.is !== "missing") {
    return recordOf(reading, `what '${name}' is to do`);
  }
  const state = readStateRecord(directory);
  if (state.is !== "read") return undefined;
  const { intentSerial, startSerial } = state.value;
  const serial = Math.max(intentSerial, startSerial);
  return { schema: 1, wanted: "run", serial, startSerial, by: "imp", at: 0 };
}
