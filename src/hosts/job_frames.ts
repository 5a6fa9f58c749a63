// The two frames that every job has: JOB, what to run, and ENDED, how it ended.
import {
  emptyFrame,
  HOST_FRAME,
  type HostFrame,
  hostFrame,
  jsonObject,
  PAYLOAD_AT,
  ProtocolError,
} from "./frames.ts";

/** A program to run, and how. */
export interface JobOrder {
  /** The job's number in the pool, PARALLEL_SEQ. */
  readonly seq: number;
  /** Its time limit in milliseconds; 0: that of LIMIT. */
  readonly timeout: number;
  /** Its slot, if its words name it; 0: the worker chooses one. */
  readonly slot: number;
  /** INPUT frames follow, then INPUT_END; it starts once they have arrived. */
  readonly hasInput: boolean;
  readonly words: readonly Uint8Array[];
  readonly more?: JobExtras;
}

/** Rarely used fields. Text stands for bytes as in base/byte_text.ts. */
export interface JobExtras {
  /** Its directory; relative to the worker's. */
  readonly dir?: string;
  /** Words `K=V` added to the worker's environment. */
  readonly env?: readonly string[];
}

const HAS_INPUT = 1, HAS_MORE = 2;
const SEQ_AT = 0, TIMEOUT_AT = 4, SLOT_AT = 8, FLAGS_AT = 12, COUNT_AT = 13;
const JOB_HEAD = 17;

/** seq, timeout, slot | u8 flags | u32 count of words | each word: u32 length, bytes | JSON, JobExtras. */
export function jobFrame(job: number, order: JobOrder): Uint8Array {
  const { seq, timeout, slot, hasInput, words, more } = order;
  const extras = more === undefined ? NONE : new TextEncoder().encode(JSON.stringify(more));
  let size = JOB_HEAD + extras.length;
  for (const word of words) size += 4 + word.length;
  const payload = new Uint8Array(size);
  const view = new DataView(payload.buffer);
  view.setUint32(SEQ_AT, seq, true);
  view.setUint32(TIMEOUT_AT, timeout, true);
  view.setUint32(SLOT_AT, slot, true);
  view.setUint8(FLAGS_AT, (hasInput ? HAS_INPUT : 0) | (more === undefined ? 0 : HAS_MORE));
  view.setUint32(COUNT_AT, words.length, true);
  let at = JOB_HEAD;
  for (const word of words) {
    view.setUint32(at, word.length, true);
    payload.set(word, at + 4);
    at += 4 + word.length;
  }
  payload.set(extras, at);
  return hostFrame(HOST_FRAME.job, job, payload);
}

const NONE = new Uint8Array(0);

/** @returns words that the receiver owns @throws ProtocolError */
export function jobIn({ payload }: HostFrame): JobOrder {
  // A copy: the read buffer is reused.
  const bytes = payload.slice();
  const view = new DataView(bytes.buffer);
  if (!JobHead.fits(bytes)) throw badJob();
  const flags = view.getUint8(FLAGS_AT);
  const count = view.getUint32(COUNT_AT, true);
  if (count === 0 || count > bytes.length / 4) throw badJob();
  const words: Uint8Array[] = [];
  let at = JOB_HEAD;
  for (let i = 0; i < count; i++) {
    if (at + 4 > bytes.length) throw badJob();
    const end = at + 4 + view.getUint32(at, true);
    if (end > bytes.length) throw badJob();
    words.push(bytes.subarray(at + 4, end));
    at = end;
  }
  const hasMore = (flags & HAS_MORE) !== 0;
  if (!hasMore && at !== bytes.length) throw badJob();
  return {
    seq: view.getUint32(SEQ_AT, true),
    timeout: view.getUint32(TIMEOUT_AT, true),
    slot: view.getUint32(SLOT_AT, true),
    hasInput: (flags & HAS_INPUT) !== 0,
    words,
    more: hasMore ? jsonObject<JobExtras>(bytes.subarray(at), "a job") : undefined,
  };
}

/** What the payload of a JOB frame has before its words. What is changed is changed there. */
export class JobHead {
  private readonly view: DataView;

  static fits(payload: Uint8Array): boolean {
    return payload.length >= JOB_HEAD;
  }

  /** @throws ProtocolError */
  constructor(payload: Uint8Array) {
    if (!JobHead.fits(payload)) throw badJob();
    this.view = new DataView(payload.buffer, payload.byteOffset, JOB_HEAD);
  }

  get seq(): number {
    return this.view.getUint32(SEQ_AT, true);
  }

  set seq(seq: number) {
    this.view.setUint32(SEQ_AT, seq, true);
  }

  get timeout(): number {
    return this.view.getUint32(TIMEOUT_AT, true);
  }

  set timeout(ms: number) {
    this.view.setUint32(TIMEOUT_AT, ms, true);
  }

  get hasInput(): boolean {
    return (this.view.getUint8(FLAGS_AT) & HAS_INPUT) !== 0;
  }
}

function badJob(): ProtocolError {
  return new ProtocolError("a job that is cut off");
}

/**
 * How a job ended; `not started`: `status` is an errno. `cancelled`: ended at the client's request. `lost`: what ran it
 * is gone, for the reason `why`; only a bridge reports that.
 */
export type EndedHow = "itself" | "timeout" | "cancelled" | "not started" | "lost";
/** The status of a job that is `lost`, and must not be tried again. */
export const LOST_FOR_GOOD = 1;
const HOWS: readonly EndedHow[] = ["itself", "timeout", "cancelled", "not started", "lost"];

/** Seconds and bytes; times by the worker's clock. */
export interface JobEnded {
  readonly how: EndedHow;
  /** In wait(2) format, or an errno. */
  readonly status: number;
  /** 0 if it was not started. */
  readonly pid: number;
  readonly slot: number;
  /** Since 1970. */
  readonly start: number;
  readonly seconds: number;
  readonly userSeconds: number;
  readonly systemSeconds: number;
  readonly maxResident: number;
  /** Why it was not started, or was lost; may be empty. */
  readonly why: string;
}

const ENDED_HEAD = 53;

/** u8 how | i32 status | u32 PID | u32 slot | f64 start, seconds, user, system | u64 resident | why. */
export function endedFrame(job: number, ended: JobEnded): Uint8Array {
  const why = ended.why === "" ? NONE : new TextEncoder().encode(ended.why);
  const { bytes, view } = emptyFrame(HOST_FRAME.ended, job, ENDED_HEAD + why.length);
  view.setUint8(PAYLOAD_AT, HOWS.indexOf(ended.how));
  view.setInt32(PAYLOAD_AT + 1, ended.status, true);
  view.setUint32(PAYLOAD_AT + 5, ended.pid, true);
  view.setUint32(PAYLOAD_AT + 9, ended.slot, true);
  const { start, seconds, userSeconds, systemSeconds, maxResident } = ended;
  [start, seconds, userSeconds, systemSeconds, maxResident].forEach((value, i) =>
    view.setFloat64(PAYLOAD_AT + 13 + 8 * i, value, true)
  );
  bytes.set(why, PAYLOAD_AT + ENDED_HEAD);
  return bytes;
}

/** @throws ProtocolError */
export function endedIn({ payload }: HostFrame): JobEnded {
  const how = HOWS[payload[0]];
  if (payload.length < ENDED_HEAD || !how) throw new ProtocolError("an end that is cut off");
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const number = (i: number) => finite(view.getFloat64(13 + 8 * i, true));
  return {
    how,
    status: view.getInt32(1, true),
    pid: view.getUint32(5, true),
    slot: view.getUint32(9, true),
    start: number(0),
    seconds: number(1),
    userSeconds: number(2),
    systemSeconds: number(3),
    maxResident: number(4),
    why: payload.length === ENDED_HEAD
      ? ""
      : new TextDecoder().decode(payload.subarray(ENDED_HEAD)),
  };
}

function finite(value: number): number {
  if (Number.isFinite(value) && value >= 0) return value;
  throw new ProtocolError(`${value} where a time or a size should be`);
}

/** The content of STARTED. */
export function startedFrame(job: number, pid: number, slot: number): Uint8Array {
  const { bytes, view } = emptyFrame(HOST_FRAME.started, job, 8);
  view.setUint32(PAYLOAD_AT, pid, true);
  view.setUint32(PAYLOAD_AT + 4, slot, true);
  return bytes;
}
