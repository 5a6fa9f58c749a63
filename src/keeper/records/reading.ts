// How records are read by whoever only looks: nothing is locked, nothing is thrown, whatever stands there.
import { EAGAIN, O_NONBLOCK, O_RDONLY } from "../../libc/abi.ts";
import { O_NOFOLLOW } from "../../libc/machine.ts";
import { errnoName } from "../../libc/calling/errno.ts";
import { closeFile, readSome, tryOpen } from "../../libc/descriptors/files.ts";
import type { Intent } from "./intent.ts";
import { type KeptSettings, withInfiniteLimits } from "./kept_settings.ts";
import { KEPT_PHASES, type KeptState } from "./kept_state.ts";

/** A record as it was found. A newer imp's is left alone: nothing of it is believed. */
export type RecordReading<T> =
  | { readonly is: "read"; readonly value: T }
  | { readonly is: "missing" }
  | { readonly is: "newer"; readonly schema: number }
  | { readonly is: "damaged"; readonly why: string }
  /** Errno name: EACCES for another user's. */
  | { readonly is: "unreadable"; readonly errno: string };

/** What is read of a record at most, in bytes. */
const MOST_BYTES = 1 << 22;
/** The schema that this imp reads and writes. */
const SCHEMA = 1;

type Check = (value: unknown) => boolean;
const text: Check = (value) => typeof value === "string";
const number: Check = (value) => typeof value === "number" && Number.isFinite(value);
const flag: Check = (value) => typeof value === "boolean";
const list = (one: Check): Check => (value) => Array.isArray(value) && value.every(one);
const record = (fields: Record<string, Check>): Check => (value) =>
  typeof value === "object" && value !== null &&
  Object.entries(fields).every(([name, check]) => check((value as Record<string, unknown>)[name]));
const optional = (check: Check): Check => (value) => value === undefined || check(value);
const oneOf = (words: readonly string[]): Check => (value) => words.includes(value as string);

const identity = record({ pid: number, startTicks: number });
const run = record({
  pid: number,
  startedAt: number,
  endedAt: number,
  kind: oneOf(["normal", "error", "fault", "killed", "unknown"]),
  lastLines: list(text),
});

/** What whoever reads a record relies on; the rest may be missing. */
const SHAPES = {
  intent: record({ wanted: oneOf(["run", "stop"]), serial: number, startSerial: number, by: text }),
  settings: record({
    name: text,
    words: list(text),
    directory: text,
    environment: list(text),
    log: record({ format: text, target: text }),
    ready: list(text),
    noChildren: flag,
    limits: list(record({})),
    stop: list(record({})),
    hooks: record({}),
    backoff: record({ firstMs: number, mostMs: number }),
  }),
  state: record({
    phase: oneOf(KEPT_PHASES),
    bootId: text,
    intentSerial: number,
    startSerial: number,
    guard: optional(identity),
    keeper: optional(identity),
    program: optional(identity),
    restarts: number,
    failures: number,
    restartTimes: list(number),
    runs: list(run),
  }),
};

export function readIntentRecord(directory: string, at?: number): RecordReading<Intent> {
  return readRecordFile(`${directory}/intent.json`, SHAPES.intent, at);
}

export function readSettingsRecord(directory: string, at?: number): RecordReading<KeptSettings> {
  const reading = readRecordFile<KeptSettings>(
    `${directory}/settings.json`,
    SHAPES.settings,
    at,
  );
  return reading.is === "read" ? { is: "read", value: withInfiniteLimits(reading.value) } : reading;
}

/** @param at descriptor of the directory that `directory` starts from, here and above */
export function readStateRecord(directory: string, at?: number): RecordReading<KeptState> {
  return readRecordFile(`${directory}/state.json`, SHAPES.state, at);
}

/** Reads a record as text says it. Exported for those who have the text from elsewhere. */
export function parseRecordText<T>(text: string, name: keyof typeof SHAPES): RecordReading<T> {
  return parseShaped(text, SHAPES[name]);
}

function readRecordFile<T>(path: string, shape: Check, at?: number): RecordReading<T> {
  // Neither a link nor a FIFO in its place may lead elsewhere or hold us up.
  const fd = tryOpen(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0, at);
  if (fd < 0) {
    const errno = errnoName(-fd);
    return errno === "ENOENT" ? { is: "missing" } : { is: "unreadable", errno };
  }
  try {
    const content = contentOf(fd);
    return typeof content === "number"
      ? { is: "unreadable", errno: errnoName(content) }
      : parseShaped(content, shape);
  } finally {
    closeFile(fd);
  }
}

/** @returns an errno when it fails */
function contentOf(fd: number): string | number {
  const decoder = new TextDecoder();
  let text = "";
  for (let size = 0; size < MOST_BYTES;) {
    const part = readSome(fd);
    if (typeof part === "number") return part === -EAGAIN ? EAGAIN : -part;
    text += decoder.decode(part, { stream: part.length > 0 });
    if (part.length === 0) break;
    size += part.length;
  }
  return text;
}

function parseShaped<T>(text: string, shape: Check): RecordReading<T> {
  if (text === "") return { is: "damaged", why: "it is empty" };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { is: "damaged", why: "it is cut off, or is not JSON" };
  }
  const schema = (value as { schema?: unknown } | null)?.schema;
  if (typeof schema === "number" && schema > SCHEMA) return { is: "newer", schema };
  if (schema !== SCHEMA) return { is: "damaged", why: "it names no schema" };
  return shape(value)
    ? { is: "read", value: value as T }
    : { is: "damaged", why: "a field is missing, or has a wrong type" };
}
