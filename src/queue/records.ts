// A queue's messages as bytes. A reader drops and counts what is none of them.

/** The version of the layouts below; a reader refuses and reports messages of another one. */
export const RECORD_VERSION = 1;

/** The last moment that has a date, as the first one before 1970. */
const LAST_MOMENT = 8.64e15;

/** Whether that is a moment in milliseconds since 1970: others have written it. */
export function isMoment(value: unknown): value is number {
  return typeof value === "number" && Math.abs(value) <= LAST_MOMENT;
}

const MAGIC = 0x69; // i
const HEAD_BYTES = 4;
const KIND = { job: 1, end: 2, chunk: 3 } as const;

/** A job waiting in the queue. */
export interface JobMessage {
  /** It must not run twice: if begun and not ended, it is lost. */
  readonly once: boolean;
  /** Its stdin is `input`, which may be empty; others have none. */
  readonly hasInput: boolean;
  /** It may be in the queue twice, or have been there before: check whether it has ended. */
  readonly again?: boolean;
  /** The payload of its frame JOB. */
  readonly job: Uint8Array;
  /** Its stdin. */
  readonly input: Uint8Array;
}

/** How a job ended as far as the queue is concerned; the rest is in the frame. */
export type QueueEnd =
  /** It has ended, or could not be started, as its frame ENDED says. */
  | "ran"
  /** It was given to workers repeatedly, and none reported a result. */
  | "given up"
  /** It must not run twice, and the worker that began it reported no result. */
  | "lost"
  | "cancelled";

const ENDS: readonly QueueEnd[] = ["ran", "given up", "lost", "cancelled"];

/** The result of a job: one for each. */
export interface EndMessage {
  readonly how: QueueEnd;
  /** The unique name of the attempt that wrote it. */
  readonly attempt: string;
  /** Name of the worker's machine, and its PID there. */
  readonly host: string;
  readonly pid: number;
  /** How often the job was given to a worker. */
  readonly deliveries: number;
  /** Milliseconds since 1970, by the worker's clock. */
  readonly at: number;
  /** The payload of the frame ENDED; empty if it has not run. */
  readonly ended: Uint8Array;
  /** Its output, if small. */
  readonly out: Uint8Array;
  readonly err: Uint8Array;
  /** How many messages of output precede it, and the first one's place in the stream. */
  readonly chunks: number;
  readonly firstChunk: number;
  /** A reason in words. */
  readonly why: string;
  /** The job itself, for reports and retries. */
  readonly job: Uint8Array;
}

/** A part of a large output. */
export interface ChunkMessage {
  readonly stream: "out" | "err";
  /** Numbered from 0 within the attempt. */
  readonly number: number;
  readonly bytes: Uint8Array;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Flags of a job. */
const ONCE = 1, HAS_INPUT = 2, AGAIN = 4;
const VERSION_AT = 1, FLAGS_AT = 3;
/** For jobs that may be in the queue twice: imp 0.3.0 does not know these, and leaves them to others. */
const AGAIN_VERSION = 2;

export function encodeJob({ once, hasInput, again, job, input }: JobMessage): Uint8Array {
  const flags = (once ? ONCE : 0) | (hasInput ? HAS_INPUT : 0);
  const bytes = begin(KIND.job, flags, 4 + job.length + input.length);
  const view = viewOf(bytes);
  view.setUint32(HEAD_BYTES, job.length, true);
  bytes.set(job, HEAD_BYTES + 4);
  bytes.set(input, HEAD_BYTES + 4 + job.length);
  if (again) markAgain(bytes);
  return bytes;
}

/** Marks the output of {@link encodeJob} before it is queued again. */
export function markAgain(bytes: Uint8Array): void {
  bytes[FLAGS_AT] |= AGAIN;
  bytes[VERSION_AT] = AGAIN_VERSION;
}

/** @returns undefined if it is not a job of this version */
export function decodeJob(bytes: Uint8Array): JobMessage | undefined {
  const flags = bytes[FLAGS_AT];
  const version = (flags & AGAIN) !== 0 ? AGAIN_VERSION : RECORD_VERSION;
  if (!isRecord(bytes, KIND.job, 4, version)) return undefined;
  if (flags > (ONCE | HAS_INPUT | AGAIN)) return undefined;
  const at = HEAD_BYTES + 4, end = at + viewOf(bytes).getUint32(HEAD_BYTES, true);
  if (end > bytes.length) return undefined;
  return {
    once: (flags & ONCE) !== 0,
    hasInput: (flags & HAS_INPUT) !== 0,
    again: (flags & AGAIN) !== 0,
    job: bytes.subarray(at, end),
    input: bytes.subarray(end),
  };
}

/** The numbers of an end, then its parts, each length-prefixed. */
const END_NUMBERS = 4 + 4 + 8 + 4 + 8;

export function encodeEnd(end: EndMessage): Uint8Array {
  const text = (words: string) => encoder.encode(words);
  const parts = [
    ...[text(end.attempt), text(end.host), text(end.why)],
    ...[end.ended, end.out, end.err, end.job],
  ];
  const length = parts.reduce((sum, part) => sum + 4 + part.length, END_NUMBERS);
  const bytes = begin(KIND.end, ENDS.indexOf(end.how), length);
  const view = viewOf(bytes);
  let at = HEAD_BYTES;
  view.setUint32(at, end.pid, true);
  view.setUint32(at + 4, end.deliveries, true);
  view.setFloat64(at + 8, end.at, true);
  view.setUint32(at + 16, end.chunks, true);
  view.setFloat64(at + 20, end.firstChunk, true);
  at += END_NUMBERS;
  for (const part of parts) {
    view.setUint32(at, part.length, true);
    bytes.set(part, at + 4);
    at += 4 + part.length;
  }
  return bytes;
}

/** @returns undefined if it is not an end of this version */
export function decodeEnd(bytes: Uint8Array): EndMessage | undefined {
  if (!isRecord(bytes, KIND.end, END_NUMBERS)) return undefined;
  const how = ENDS[bytes[3]];
  const parts = partsFrom(bytes, HEAD_BYTES + END_NUMBERS);
  if (how === undefined || parts?.length !== 7) return undefined;
  const view = viewOf(bytes);
  const [attempt, host, why] = parts.slice(0, 3).map((part) => decoder.decode(part));
  const [ended, out, err, job] = parts.slice(3);
  const at = view.getFloat64(HEAD_BYTES + 8, true);
  return {
    ...{ how, attempt, host, why, ended, out, err, job },
    pid: view.getUint32(HEAD_BYTES, true),
    deliveries: view.getUint32(HEAD_BYTES + 4, true),
    at: isMoment(at) ? at : 0,
    chunks: view.getUint32(HEAD_BYTES + 16, true),
    firstChunk: view.getFloat64(HEAD_BYTES + 20, true),
  };
}

export function encodeChunk({ stream, number, bytes: output }: ChunkMessage): Uint8Array {
  const bytes = begin(KIND.chunk, stream === "out" ? 0 : 1, 4 + output.length);
  viewOf(bytes).setUint32(HEAD_BYTES, number, true);
  bytes.set(output, HEAD_BYTES + 4);
  return bytes;
}

/** @returns undefined if it is not output of this version */
export function decodeChunk(bytes: Uint8Array): ChunkMessage | undefined {
  if (!isRecord(bytes, KIND.chunk, 4) || bytes[3] > 1) return undefined;
  return {
    stream: bytes[3] === 0 ? "out" : "err",
    number: viewOf(bytes).getUint32(HEAD_BYTES, true),
    bytes: bytes.subarray(HEAD_BYTES + 4),
  };
}

/** Whether a message is imp's, of a version unknown to this one. */
export function isOfOtherVersion(bytes: Uint8Array): boolean {
  return bytes.length >= HEAD_BYTES && bytes[0] === MAGIC &&
    bytes[VERSION_AT] !== RECORD_VERSION;
}

function begin(kind: number, flag: number, length: number): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES + length);
  bytes.set([MAGIC, RECORD_VERSION, kind, flag]);
  return bytes;
}

function isRecord(
  bytes: Uint8Array,
  kind: number,
  least: number,
  version = RECORD_VERSION,
): boolean {
  return bytes.length >= HEAD_BYTES + least && bytes[0] === MAGIC &&
    bytes[VERSION_AT] === version && bytes[2] === kind;
}

function partsFrom(bytes: Uint8Array, from: number): Uint8Array[] | undefined {
  const view = viewOf(bytes);
  const parts: Uint8Array[] = [];
  let at = from;
  while (at + 4 <= bytes.length) {
    const end = at + 4 + view.getUint32(at, true);
    if (end > bytes.length) return undefined;
    parts.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return at === bytes.length ? parts : undefined;
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
