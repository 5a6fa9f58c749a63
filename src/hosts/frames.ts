/**
 * The protocol between client and worker, over any connection. The worker begins with one line, its greeting
 * (greeting.ts). Then follow frames, in both directions:
 *
 *     u32 length of all that follows | u8 type | u32 job, 0 for the connection | payload
 *
 * Integers are little-endian. A frame has at most {@link MOST_FRAME} bytes; a larger payload comes in several frames,
 * all but the last of them PART. The client chooses the jobs' numbers and does not reuse them.
 *
 * Client to worker:
 *
 *     SETUP      JSON, WorkerSetup: first of all, once
 *     JOB        what to run: job_frames.ts
 *     INPUT      bytes of the job's stdin; INPUT_END: end of input
 *     CANCEL     ends this job's tree by the agreed steps, or withdraws a job not begun; job 0: all of them
 *     CREDIT     u32: so many more bytes of output may be sent; OUT and ERR use it up
 *     SETTLED    u32 exit status: the client has printed and recorded the job
 *     SLOTS      u32: so many jobs at a time from now on; 0: jobs not begun are returned | u32: the name of the first
 *                slot, so that those of several hosts differ; 0: unchanged
 *     LIMIT      u32 ms: time limit of jobs without their own, including running ones; 0: none
 *     PING       answered by PONG with the same payload
 *     PAUSE      the client is stopped until its next frame | u32: 1 if the worker and its jobs are, too
 *     ALL        every job has been given, though some may be repeated. Sent to workers that get SETTLED
 *     CLOSE      no more jobs come: the worker leaves once all are answered
 *
 * Worker to client:
 *
 *     READY      JSON, WorkerReady: answers SETUP; FAILED, a text: it cannot work, and ends; job 1: nor could others
 *     STARTED    u32 PID, u32 slot; only if SETUP asks for it
 *     OUT, ERR   bytes of a job's stdout and stderr: after its end with output "group", else while it runs
 *     ENDED      the job is over, and nothing more follows about it: job_frames.ts
 *     RETURNED   the job was not begun, and will not be: nothing has happened
 *     PONG       see PING
 *     LOAD       JSON, WorkerLoad: once a second, if SETUP asks for it
 *     NOTE       a text for the user
 *     LEFT       nothing of it is left, and it exits: do not wait for others that hold the connection open; job 1: a
 *                process that answered records has failed
 *     ANSWER     a worker's answer to the job, a record: answer_frames.ts. Nothing more follows about it. Only if SETUP
 *                has workers; ERR of job 0 is what they write to stderr
 *
 * FILE frames, in both directions, are about the files of a job: files/messages.ts. The first one of a job precedes its
 * JOB. When its connection ends, before or after CLOSE, a worker ends everything it has started at once. A job is lost
 * if the connection ends before its ENDED or RETURNED has arrived whole.
 */
export const PROTOCOL = 1;

export const HOST_FRAME = {
  part: 0,
  setup: 1,
  job: 2,
  input: 3,
  inputEnd: 4,
  cancel: 5,
  credit: 6,
  settled: 7,
  slots: 8,
  limit: 9,
  ping: 10,
  close: 11,
  pause: 12,
  all: 13,
  ready: 32,
  failed: 33,
  started: 34,
  out: 35,
  err: 36,
  ended: 37,
  returned: 38,
  pong: 39,
  load: 40,
  note: 41,
  left: 42,
  answer: 43,
  /** About a job's files: files/messages.ts. */
  file: 64,
} as const;

/** Maximum bytes of a frame, not counting those of its length. */
export const MOST_FRAME = 256 << 10;
/** Maximum bytes of a payload in parts: more than a program's words and environment can have. */
export const MOST_PAYLOAD = 16 << 20;
/** Bytes before a frame's payload. */
const HEAD = 9;
const INNER_HEAD = HEAD - 4;
const MOST_IN_ONE = MOST_FRAME - INNER_HEAD;

export interface HostFrame {
  readonly type: number;
  readonly job: number;
  /** Valid until the next frame is taken. */
  readonly payload: Uint8Array;
}

const NOTHING = new Uint8Array(0);

/** A frame, or the frames of a large payload, as bytes. */
export function hostFrame(type: number, job = 0, payload: Uint8Array = NOTHING): Uint8Array {
  const parts = Math.max(1, Math.ceil(payload.length / MOST_IN_ONE));
  const bytes = new Uint8Array(payload.length + parts * HEAD);
  const view = new DataView(bytes.buffer);
  for (let part = 0, at = 0, from = 0; part < parts; part++) {
    const size = Math.min(MOST_IN_ONE, payload.length - from);
    putHead(view, at, part < parts - 1 ? HOST_FRAME.part : type, job, size);
    bytes.set(
      from === 0 && size === payload.length ? payload : payload.subarray(from, from + size),
      at + HEAD,
    );
    at += HEAD + size;
    from += size;
  }
  return bytes;
}

/** A frame with room for a payload of that size, to be written into `view` from {@link PAYLOAD_AT} on. */
export function emptyFrame(
  type: number,
  job: number,
  size: number,
): { bytes: Uint8Array; view: DataView } {
  const bytes = new Uint8Array(HEAD + size);
  const view = new DataView(bytes.buffer);
  putHead(view, 0, type, job, size);
  return { bytes, view };
}

/** Offset of the payload in a frame. */
export const PAYLOAD_AT = HEAD;

/** A frame with a number as payload. */
export function numberFrame(type: number, value: number, job = 0): Uint8Array {
  const { bytes, view } = emptyFrame(type, job, 4);
  view.setUint32(PAYLOAD_AT, value, true);
  return bytes;
}

export function slotsFrame(slots: number, first: number): Uint8Array {
  const { bytes, view } = emptyFrame(HOST_FRAME.slots, 0, 8);
  view.setUint32(PAYLOAD_AT, slots, true);
  view.setUint32(PAYLOAD_AT + 4, first, true);
  return bytes;
}

export function jsonFrame(type: number, value: unknown, job = 0): Uint8Array {
  return hostFrame(type, job, encoder.encode(JSON.stringify(value)));
}

export function textFrame(type: number, text: string, job = 0): Uint8Array {
  return hostFrame(type, job, encoder.encode(text));
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function putHead(view: DataView, at: number, type: number, job: number, size: number): void {
  view.setUint32(at, INNER_HEAD + size, true);
  view.setUint8(at + 4, type);
  view.setUint32(at + 5, job, true);
}

/** The received bytes violate the protocol: the connection is unusable. */
export class ProtocolError extends Error {}

/** The number in a frame's payload. @throws ProtocolError */
export function frameNumber({ type, payload }: HostFrame): number {
  if (payload.length !== 4) {
    throw new ProtocolError(`frame ${type} has ${payload.length} bytes, not 4`);
  }
  return (payload[0] | payload[1] << 8 | payload[2] << 16 | payload[3] << 24) >>> 0;
}

/** The content of SLOTS. @throws ProtocolError */
export function slotsIn({ payload }: HostFrame): { slots: number; first: number } {
  if (payload.length !== 8) throw new ProtocolError(`slots in ${payload.length} bytes, not 8`);
  const view = new DataView(payload.buffer, payload.byteOffset, 8);
  return { slots: view.getUint32(0, true), first: view.getUint32(4, true) };
}

export function frameText({ payload }: HostFrame): string {
  return decoder.decode(payload);
}

/** @throws ProtocolError if it is not a JSON object */
export function frameJson<T extends object>({ type, payload }: HostFrame): Partial<T> {
  return jsonObject(payload, `frame ${type}`);
}

/** @throws ProtocolError if it is not a JSON object */
export function jsonObject<T extends object>(bytes: Uint8Array, what: string): Partial<T> {
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(bytes));
  } catch {
    // Treated like anything that is not an object.
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new ProtocolError(`${what} is not an object in JSON`);
}

const ROOM = 1 << 16;
/** How many bytes of an invalid frame are shown. */
const SHOWN = 24;

/** Reassembles frames from however the stream is chunked. Pure: reads nothing itself. */
export class HostFrames {
  private buffer = new Uint8Array(ROOM);
  private view = new DataView(this.buffer.buffer);
  private start = 0;
  private end = 0;
  /** The part of a multi-frame payload received so far. */
  private parts: Uint8Array[] = [];
  private partsSize = 0;
  private partsOf = 0;

  /** Adds received bytes, copied. */
  push(chunk: Uint8Array): void {
    if (this.end + chunk.length > this.buffer.length) this.makeRoom(chunk.length);
    this.buffer.set(chunk, this.end);
    this.end += chunk.length;
  }

  /** @returns undefined if no whole one is here @throws ProtocolError */
  next(): HostFrame | undefined {
    for (;;) {
      const { start, end, view } = this;
      if (end - start < 4) return undefined;
      const length = view.getUint32(start, true);
      if (length < INNER_HEAD || length > MOST_FRAME) {
        throw noFrame(length, this.buffer.subarray(start, Math.min(end, start + SHOWN)));
      }
      if (end - start < 4 + length) return undefined;
      const type = this.buffer[start + 4];
      const job = view.getUint32(start + 5, true);
      const payload = this.buffer.subarray(start + HEAD, start + 4 + length);
      this.start = start + 4 + length;
      if (type === HOST_FRAME.part) this.keep(job, payload);
      else return this.whole({ type, job, payload });
    }
  }

  private keep(job: number, payload: Uint8Array): void {
    if (this.parts.length > 0 && job !== this.partsOf) throw mixed(this.partsOf, job);
    this.partsSize += payload.length;
    if (payload.length === 0 || this.partsSize > MOST_PAYLOAD) {
      throw new ProtocolError(`a payload in parts of ${this.partsSize} bytes`);
    }
    this.partsOf = job;
    this.parts.push(payload.slice());
  }

  private whole(last: HostFrame): HostFrame {
    if (this.parts.length === 0) return last;
    if (last.job !== this.partsOf) throw mixed(this.partsOf, last.job);
    const size = this.partsSize + last.payload.length;
    if (size > MOST_PAYLOAD) throw new ProtocolError(`a payload in parts of ${size} bytes`);
    const payload = new Uint8Array(size);
    let at = 0;
    for (const part of [...this.parts, last.payload]) {
      payload.set(part, at);
      at += part.length;
    }
    this.parts = [];
    this.partsSize = 0;
    return { ...last, payload };
  }

  private makeRoom(more: number): void {
    const held = this.end - this.start;
    const needed = held + more;
    // Shrinks again once a large frame has been taken.
    const size = needed <= ROOM ? ROOM : 2 ** Math.ceil(Math.log2(needed));
    const { start, end, buffer } = this;
    if (size !== buffer.length) {
      this.buffer = new Uint8Array(size);
      this.view = new DataView(this.buffer.buffer);
      this.buffer.set(buffer.subarray(start, end));
    } else buffer.copyWithin(0, start, end);
    this.start = 0;
    this.end = held;
  }
}

/** Usually output of another process on the same connection. */
function noFrame(length: number, bytes: Uint8Array): ProtocolError {
  const shown = JSON.stringify(decoder.decode(bytes));
  return new ProtocolError(`a frame of ${length} bytes, which begins with ${shown}`);
}

function mixed(one: number, other: number): ProtocolError {
  return new ProtocolError(`a part of job ${one} followed by a frame of job ${other}`);
}
