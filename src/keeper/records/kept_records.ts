// The files of one kept daemon, read and written whole.
import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { systemError } from "../../libc/calling/errno.ts";
import { readPlainFile } from "../../libc/descriptors/whole_file.ts";
import type { Bytes } from "../../libc/processes/spawn.ts";
import type { KeptPlace } from "../home.ts";
import type { Intent } from "./intent.ts";
import type { KeptSettings } from "./kept_settings.ts";
import type { KeptState } from "./kept_state.ts";
import type { RecordReading } from "./reading.ts";
import { removeRecordFile, writeRecordFile, writeShortRecord } from "./record_file.ts";

const SETTINGS = "settings.json", INTENT = "intent.json", STATE = "state.json";
const ENVIRONMENT = "environment";

/** For those waiting for a change: it is replaced each time, so watch the directory. */
export function stateFile(directory: string): string {
  return `${directory}/${STATE}`;
}

/**
 * The value of a reading (reading.ts); undefined if there is no such record.
 * @param what the record and the daemon in words: `the settings of 'web'`
 * @throws ImpError if it is a newer imp's, damaged, or cannot be read: it is left as it is
 */
export function recordOf<T>(reading: RecordReading<T>, what: string): T | undefined {
  switch (reading.is) {
    case "read":
      return reading.value;
    case "missing":
      return undefined;
    case "newer":
      throw new ImpError({
        action: "read",
        object: what,
        why: `a newer imp wrote them (schema ${reading.schema})`,
        hint: "use that imp; this one leaves them alone",
        exit: EXIT.failed,
      });
    case "damaged":
      throw new ImpError({
        action: "read",
        object: what,
        why: reading.why,
        hint: "imp leaves them alone: inspect the file, or remove the daemon",
        exit: EXIT.failed,
      });
    case "unsafe":
      throw new ImpError({
        action: "read",
        object: what,
        why: "others may write to their directory",
        hint: "inspect its contents, and remove that permission: chmod go-w",
        exit: EXIT.failed,
      });
    case "unreadable":
      throw systemError(reading.errno, "read", what, { exit: EXIT.failed });
  }
}

// The owner's wishes must survive a power failure; the actual state need not.

/** @throws ImpError, like all writers here: then nothing has changed */
export function writeKeptSettings({ directory }: KeptPlace, settings: KeptSettings): void {
  writeRecordFile(`${directory}/${SETTINGS}`, settings, true);
}

/** Whether settings and an environment could be written now. @throws ImpError */
export function proveRoom(
  { directory }: KeptPlace,
  settings: object,
  environment: readonly Bytes[] = [],
): void {
  const path = `${directory}/.room`;
  writeRecordFile(path, joinedWords([JSON.stringify(settings), ...environment]));
  removeRecordFile(path);
}

/** Under the lock of the name: name_lock.ts. What was stopped stays stopped, even on a full disk. */
export function writeIntent({ directory }: KeptPlace, intent: Intent): void {
  writeShortRecord(`${directory}/${INTENT}`, intent);
}

export function writeKeptState({ directory }: KeptPlace, { runs, ...rest }: KeptState): void {
  // Last, so that a list finds the newest of them without reading the others: withLastRun of reading.ts.
  writeRecordFile(stateFile(directory), { ...rest, runs });
}

/** What commands write of a daemon, byte by byte. */
export type OrderFiles = ReadonlyMap<string, Uint8Array | undefined>;

/** The present content; undefined where there is no daemon. A file that cannot be read is left as it is. */
export function readOrder({ directory }: KeptPlace): OrderFiles | undefined {
  const files = new Map<string, Uint8Array | undefined>();
  for (const name of [SETTINGS, ENVIRONMENT, INTENT, STATE]) {
    const bytes = readPlainFile(`${directory}/${name}`);
    if (!(bytes instanceof ImpError)) files.set(name, bytes?.slice());
  }
  const isNew = files.size === 4 && [...files.values()].every((bytes) => bytes === undefined);
  files.delete(STATE);
  return isNew ? undefined : files;
}

/** Restores it. @throws ImpError */
export function writeOrder(place: KeptPlace, files: OrderFiles): void {
  const { directory } = place;
  const now = readOrder(place);
  for (const [name, bytes] of files) {
    if (String(now?.get(name)) === String(bytes)) continue;
    const path = `${directory}/${name}`;
    if (name === INTENT && bytes) writeShortRecord(path, bytes);
    else if (bytes) writeRecordFile(path, bytes, true);
    else removeRecordFile(path);
  }
}

/** The snapshot of its caller's environment; undefined if there is none. @throws ImpError */
export function readKeptEnvironment({ directory }: KeptPlace): Bytes[] | undefined {
  const bytes = readPlainFile(`${directory}/${ENVIRONMENT}`);
  if (bytes instanceof ImpError) throw bytes;
  return bytes && splitWords(bytes);
}

export function writeKeptEnvironment({ directory }: KeptPlace, words: readonly Bytes[]): void {
  writeRecordFile(`${directory}/${ENVIRONMENT}`, joinedWords(words), true);
}

/** Each with a NUL behind it. */
function joinedWords(words: readonly Bytes[]): Uint8Array {
  const encoder = new TextEncoder();
  const parts = words.map((word) => typeof word === "string" ? encoder.encode(word) : word);
  const whole = new Uint8Array(parts.reduce((size, { length }) => size + length + 1, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length + 1;
  }
  return whole;
}

/** Words that each end in a NUL. */
function splitWords(bytes: Uint8Array): Uint8Array[] {
  const words: Uint8Array[] = [];
  for (let from = 0; from < bytes.length;) {
    const end = bytes.indexOf(0, from);
    const to = end < 0 ? bytes.length : end;
    if (to > from) words.push(bytes.slice(from, to));
    from = to + 1;
  }
  return words;
}
