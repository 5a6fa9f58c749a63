// How observers read records: nothing is locked or thrown, whatever is there. A list reads hundreds of them in a few
// milliseconds, before any code is compiled: the code for each is straight and short.
import { ENOENT, O_NONBLOCK, O_RDONLY } from "../../libc/abi.ts";
import { O_NOFOLLOW } from "../../libc/machine.ts";
import { errnoName } from "../../libc/calling/errno.ts";
import { readRecord } from "../../libc/descriptors/files.ts";
import { readTexts } from "../../libc/descriptors/many_files.ts";
import { isOpenToOthers } from "../home.ts";
import type { Intent } from "./intent.ts";
import { type KeptSettings, withInfiniteLimits } from "./kept_settings.ts";
import { KEPT_PHASES, type KeptRun, type KeptState } from "./kept_state.ts";

/** A record as found. A newer imp's is left alone: nothing of it is trusted. */
export type RecordReading<T> =
  | { readonly is: "read"; readonly value: T }
  | { readonly is: "missing" }
  | { readonly is: "newer"; readonly schema: number }
  | { readonly is: "damaged"; readonly why: string }
  /** Others can write to its directory: nothing of it is trusted. */
  | { readonly is: "unsafe" }
  /** Errno name: EACCES for another user's. */
  | { readonly is: "unreadable"; readonly errno: string };

/** The schema that this imp reads and writes. */
const SCHEMA = 1;
/** A link or a FIFO in its place must neither be followed nor block. */
const FLAGS = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
const RUNS = `,"runs":[`, RUN = `{"pid":`;

type Fields = Readonly<Record<string, unknown>>;

const decoder = new TextDecoder();

export function readIntentRecord(directory: string): RecordReading<Intent> {
  return readSafely(directory, `${directory}/intent.json`, isIntent);
}

export function readSettingsRecord(directory: string): RecordReading<KeptSettings> {
  const reading = readSafely<KeptSettings>(directory, `${directory}/settings.json`, isSettings);
  return reading.is === "read" ? { is: "read", value: withInfiniteLimits(reading.value) } : reading;
}

export function readStateRecord(directory: string): RecordReading<KeptState> {
  return readSafely(directory, `${directory}/state.json`, isState);
}

/** Like {@link readStateRecord}, for many daemons, with only the last run: for lists, which do not act. @param daemons their parent directory */
export function readStatesInBrief(
  daemons: string,
  names: readonly string[],
): RecordReading<KeptState>[] {
  const texts = readTexts(daemons, names.map((name) => `${name}/state.json`), FLAGS);
  return texts.map((text, i) => {
    if (typeof text === "number") return unread(-text);
    const brief = parseRecord<KeptState>(withLastRun(text), isState);
    // It may have been written in another form, by hand.
    return brief.is === "damaged" ? readStateRecord(`${daemons}/${names[i]}`) : brief;
  });
}

/** Parses a record's text. Exported for callers that have the text from elsewhere. */
export function parseRecordText<T>(text: string, name: keyof typeof SHAPES): RecordReading<T> {
  return parseRecord(text, SHAPES[name]);
}

/**
 * Pure. A state's text with only the last run: JSON.stringify writes a quotation mark within text as \", so the search
 * cannot match inside text. From text in another form it makes something that is not a record.
 */
export function withLastRun(text: string): string {
  const runs = text.indexOf(RUNS);
  const last = runs < 0 ? -1 : text.lastIndexOf(RUN);
  return last <= runs ? text : text.slice(0, runs + RUNS.length) + text.slice(last);
}

function readSafely<T>(
  directory: string,
  path: string,
  isSound: (fields: Fields) => boolean,
): RecordReading<T> {
  return isOpenToOthers(directory) ? { is: "unsafe" } : readRecordOf(path, isSound);
}

function readRecordOf<T>(
  path: string,
  isSound: (fields: Fields) => boolean,
): RecordReading<T> {
  const bytes = readRecord(path, FLAGS);
  return typeof bytes === "number" ? unread(-bytes) : parseRecord(decoder.decode(bytes), isSound);
}

function unread(code: number): RecordReading<never> {
  return code === ENOENT ? { is: "missing" } : { is: "unreadable", errno: errnoName(code) };
}

function parseRecord<T>(text: string, isSound: (fields: Fields) => boolean): RecordReading<T> {
  if (text === "") return { is: "damaged", why: "it is empty" };
  let value: Fields | null;
  try {
    value = JSON.parse(text);
  } catch {
    return { is: "damaged", why: "it is cut off, or is not JSON" };
  }
  const schema = value?.schema;
  if (typeof schema === "number" && schema > SCHEMA) return { is: "newer", schema };
  if (schema !== SCHEMA) return { is: "damaged", why: "it names no schema" };
  return isSound(value!)
    ? { is: "read", value: value as T }
    : { is: "damaged", why: "a field is missing, or has a wrong type" };
}

// What readers of a record rely on; the rest may be missing.

function isIntent({ wanted, serial, startSerial, by }: Fields): boolean {
  return (wanted === "run" || wanted === "stop") && typeof serial === "number" &&
    typeof startSerial === "number" && typeof by === "string";
}

function isState(fields: Fields): boolean {
  const { phase, bootId, intentSerial, startSerial, restarts, failures, runs } = fields;
  return KEPT_PHASES.includes(phase as never) && typeof bootId === "string" &&
    typeof intentSerial === "number" && typeof startSerial === "number" &&
    typeof restarts === "number" && typeof failures === "number" &&
    Array.isArray(fields.restartTimes) && Array.isArray(runs) &&
    isIdentity(fields.guard) && isIdentity(fields.keeper) && isIdentity(fields.program) &&
    runs.every(isRun);
}

/** Or is left out. */
function isIdentity(value: unknown): boolean {
  if (value === undefined) return true;
  const { pid, startTicks } = (value ?? {}) as Fields;
  return typeof pid === "number" && typeof startTicks === "number";
}

function isRun(value: unknown): boolean {
  const { pid, startedAt, endedAt, kind, lastLines } = (value ?? {}) as Partial<KeptRun>;
  return typeof pid === "number" && typeof startedAt === "number" && typeof endedAt === "number" &&
    typeof kind === "string" && Array.isArray(lastLines);
}

function isSettings(fields: Fields): boolean {
  const { words, environment, ready, limits, stop, sockets } = fields;
  return typeof fields.name === "string" && typeof fields.directory === "string" &&
    areTexts(words) && areTexts(environment) && areTexts(ready) &&
    Array.isArray(limits) && limits.every(isRecord) && Array.isArray(stop) &&
    (sockets === undefined || Array.isArray(sockets) && sockets.every(isRecord)) &&
    stop.every(isRecord) &&
    isRecord(fields.log) && isRecord(fields.hooks) && isRecord(fields.backoff);
}

function areTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

function isRecord(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

const SHAPES = { intent: isIntent, settings: isSettings, state: isState };
