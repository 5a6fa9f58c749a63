// The files of one kept daemon, read and written whole.
import { ImpError } from "../../base/errors.ts";
import type { Bytes } from "../../libc/processes/spawn.ts";
import type { KeptPlace } from "../home.ts";
import { type Intent, intentFrom } from "./intent.ts";
import { type KeptSettings, keptSettingsFrom } from "./kept_settings.ts";
import { type KeptState, keptStateFrom } from "./kept_state.ts";
import {
  readPlainFile,
  readRecordFile,
  type RecordOutcome,
  writeRecordFile,
  writeWhole,
} from "./record_file.ts";

const SETTINGS = "settings.json", INTENT = "intent.json", STATE = "state.json";
const ENVIRONMENT = "environment";

export function readKeptSettings({ directory }: KeptPlace): RecordOutcome<KeptSettings> {
  return readRecordFile(`${directory}/${SETTINGS}`, keptSettingsFrom);
}

export function readIntent({ directory }: KeptPlace): RecordOutcome<Intent> {
  return readRecordFile(`${directory}/${INTENT}`, intentFrom);
}

export function readKeptState({ directory }: KeptPlace): RecordOutcome<KeptState> {
  return readRecordFile(stateFile(directory), keptStateFrom);
}

/** For who waits until it changes: it is replaced each time, so the directory is what to watch. */
export function stateFile(directory: string): string {
  return `${directory}/${STATE}`;
}

/** What {@link RecordOutcome} holds; undefined when there is none. @throws ImpError when it is unusable */
export function recordOf<T>(outcome: RecordOutcome<T>): T | undefined {
  if (outcome.is === "unusable") throw outcome.error;
  return outcome.is === "read" ? outcome.record : undefined;
}

// What a daemon's owner has said must outlive a power failure; what merely is does not.

/** @throws ImpError, as of all that write here: nothing has changed then */
export function writeKeptSettings({ directory }: KeptPlace, settings: KeptSettings): void {
  writeRecordFile(`${directory}/${SETTINGS}`, settings, true);
}

/** Under the lock of the name: name_lock.ts. */
export function writeIntent({ directory }: KeptPlace, intent: Intent): void {
  writeRecordFile(`${directory}/${INTENT}`, intent, true);
}

export function writeKeptState({ directory }: KeptPlace, state: KeptState): void {
  writeRecordFile(stateFile(directory), state);
}

/** The snapshot of its caller's environment; undefined when there is none. @throws ImpError */
export function readKeptEnvironment({ directory }: KeptPlace): Bytes[] | undefined {
  const bytes = readPlainFile(`${directory}/${ENVIRONMENT}`);
  if (bytes instanceof ImpError) throw bytes;
  return bytes && splitWords(bytes);
}

export function writeKeptEnvironment({ directory }: KeptPlace, words: readonly Bytes[]): void {
  const encoder = new TextEncoder();
  const parts = words.map((word) => typeof word === "string" ? encoder.encode(word) : word);
  const whole = new Uint8Array(parts.reduce((size, { length }) => size + length + 1, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length + 1;
  }
  writeWhole(`${directory}/${ENVIRONMENT}`, whole, true);
}

/** Words that each end in a NUL byte. */
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
