import type { KeptPlace } from "../home.ts";
import { writeKeptState } from "../records/kept_records.ts";
import { readStateRecord } from "../records/reading.ts";
import { removeSocketFiles } from "./socket_file.ts";

/**
 * Removes the files of a daemon's sockets, and their record. Under the lock of its name, when nobody keeps it.
 * @param except paths of those that stay
 */
export function endSocketFiles(place: KeptPlace, except: readonly string[] = []): void {
  const reading = readStateRecord(place.directory);
  const files = reading.is === "read" ? reading.value.socketFiles : undefined;
  if (reading.is !== "read" || files === undefined) return;
  removeSocketFiles(files.filter((file) => !except.some((path) => file.endsWith(` ${path}`))));
  writeKeptState(place, { ...reading.value, socketFiles: undefined });
}

/** New sockets were opened, with other files. As above. */
export function forgetSocketFiles(place: KeptPlace): void {
  const reading = readStateRecord(place.directory);
  if (reading.is !== "read" || reading.value.socketFiles === undefined) return;
  writeKeptState(place, { ...reading.value, socketFiles: undefined });
}
