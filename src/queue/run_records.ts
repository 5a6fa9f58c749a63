// Records of a run, as JSON: one for each topic of names.ts.
import type { RetryRule } from "../pool/types.ts";
import { isPriority, isWorkerTag, type Lane, laneOf, USUAL_LANE } from "./lanes.ts";
import { type NumberRanges, readRanges } from "./ranges.ts";
import { isMoment, RECORD_VERSION } from "./records.ts";
import { retryAsJson, retryIn } from "./retry_record.ts";

/** How to run a run's jobs; written before the first of them. */
export interface RunSetup {
  readonly run: string;
  /** Milliseconds since 1970, by the client's clock. */
  readonly created: number;
  /** Who started it, for display. */
  readonly user: string;
  readonly host: string;
  /** The command with its placeholders, for display. */
  readonly command: string;
  /** None of its jobs may run twice. */
  readonly once?: boolean;
  /** Where its jobs wait. */
  readonly lane: Lane;
  /** None of its jobs begins earlier, milliseconds since 1970 by the servers' clock. */
  readonly notBefore?: number;
  /** The run whose failed jobs it has: `imp runs retry` submits them until it has recorded {@link RunClosed}. */
  readonly retryOf?: string;
  /** How its client tries failed jobs again. */
  readonly retry?: RetryRule;
  /** The workers' setup: the frame SETUP, except what is their own. */
  readonly setup: Readonly<Record<string, unknown>>;
}

/** No further jobs come. */
export interface RunClosed {
  /** The number of jobs in the run, numbered 1 to `total`. */
  readonly total: number;
  /** False if the submitting client was stopped before its input ended. */
  readonly whole: boolean;
}

/** The run's jobs are parked until then. */
export interface RunStart {
  readonly notBefore: number;
}

/** What a client has printed. */
export interface RunSettled {
  readonly settled: NumberRanges;
  /** How many of them failed. */
  readonly failed: number;
  /** The exit status of the last that failed; 0 if none has. */
  readonly status: number;
}

/** A run that has another's failed jobs. */
export interface RunRetry {
  readonly as: string;
}

/** A request about a run; `remove`: nothing of it is kept, and what is recorded from now on would be left behind. */
export type RunOrder = (typeof RUN_ORDERS)[number];
const RUN_ORDERS = ["go on", "pause", "cancel", "remove"] as const;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** `setup` says whether its jobs are records. */
export function encodeRunSetup(
  { lane: { priority, tag }, retry, ...setup }: RunSetup,
): Uint8Array {
  return encode({ ...setup, priority, needs: tag, retry: retry && retryAsJson(retry) });
}

export function decodeRunSetup(bytes: Uint8Array): RunSetup | undefined {
  const value = decode(bytes);
  if (!value) return undefined;
  const { run, created, user, host, command, once, setup, notBefore } = value;
  const retry = retryIn(value.retry);
  const { retryOf } = value;
  const texts = [run, user, host, command].every((text) => typeof text === "string");
  const lane = laneIn(value);
  if (!texts || !lane || !isMoment(created) || !isObject(setup)) return undefined;
  return {
    ...{ run, created, user, host, command, once: once === true, lane, setup } as RunSetup,
    ...isMoment(notBefore) ? { notBefore } : {},
    ...retry === undefined ? {} : { retry },
    ...typeof retryOf === "string" ? { retryOf } : {},
  };
}

/** Versions without lanes do not mention them. */
function laneIn({ priority = USUAL_LANE.priority, needs: tag, setup }: Record<string, unknown>) {
  if (!isPriority(priority) || (tag !== undefined && !isWorkerTag(tag))) return undefined;
  return laneOf(priority, tag, isRecordsSetup(setup));
}

/** Whether a run's jobs are records for resident workers. @param setup the frame SETUP */
export function isRecordsSetup(setup: unknown): boolean {
  return isObject(setup) && isObject(setup.workers);
}

export function encodeRunStart(start: RunStart): Uint8Array {
  return encode({ ...start });
}

export function decodeRunStart(bytes: Uint8Array): RunStart | undefined {
  const { notBefore } = decode(bytes) ?? {};
  return isMoment(notBefore) ? { notBefore } : undefined;
}

export function encodeRunClosed(closed: RunClosed): Uint8Array {
  return encode({ ...closed });
}

export function decodeRunClosed(bytes: Uint8Array): RunClosed | undefined {
  const { total, whole } = decode(bytes) ?? {};
  return isCount(total) && typeof whole === "boolean" ? { total, whole } : undefined;
}

export function encodeRunSettled({ settled, failed, status }: RunSettled): Uint8Array {
  return encode({ settled: settled.toArray(), failed, status });
}

export function decodeRunSettled(bytes: Uint8Array): RunSettled | undefined {
  const { settled: bounds, failed, status } = decode(bytes) ?? {};
  const settled = readRanges(bounds);
  if (!settled || !isCount(failed)) return undefined;
  // Older versions do not say it.
  return { settled, failed, status: isCount(status) ? status : Math.min(1, failed) };
}

export function encodeRunRetry(retry: RunRetry): Uint8Array {
  return encode({ ...retry });
}

export function decodeRunRetry(bytes: Uint8Array): RunRetry | undefined {
  const { as } = decode(bytes) ?? {};
  return typeof as === "string" ? { as } : undefined;
}

export function encodeRunOrder(order: RunOrder): Uint8Array {
  return encode({ order });
}

export function decodeRunOrder(bytes: Uint8Array): RunOrder | undefined {
  const { order } = decode(bytes) ?? {};
  return RUN_ORDERS.find((known) => known === order);
}

function encode(value: Record<string, unknown>): Uint8Array {
  return encoder.encode(JSON.stringify({ version: RECORD_VERSION, ...value }));
}

function decode(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(decoder.decode(bytes));
    return isObject(value) && value.version === RECORD_VERSION ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
