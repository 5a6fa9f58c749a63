// The protocol between imp and its own worker processes: frames, so that values may contain newlines and errors can be
// distinguished.
//
// A frame is its length (four bytes, little endian, of what follows), a kind (one byte) and a payload. A call's payload
// is its arguments, each preceded by its length.
import { type ErrorParts, ImpError } from "../../base/errors.ts";
import { Arrived } from "../source/input.ts";
import { bytesOf } from "../bytes.ts";
import type { Job } from "../types.ts";
import type { AnswerDecoder, WorkerAnswer, WorkerProtocol } from "./line_protocol.ts";

export const CALL = 1, READY = 2, VALUE = 3, ERROR = 4, HOPELESS = 5;
const HEADER = 5;

export interface CallFrame {
  readonly kind: number;
  readonly payload: Uint8Array;
}

export function frame(kind: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER + payload.length);
  setLength(bytes, 0, payload.length + 1);
  bytes[4] = kind;
  bytes.set(payload, HEADER);
  return bytes;
}

/** The arguments of a call as one payload. */
export function packArguments(values: readonly Uint8Array[]): Uint8Array {
  let size = 0;
  for (const value of values) size += 4 + value.length;
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const value of values) {
    setLength(bytes, at, value.length);
    bytes.set(value, at + 4);
    at += 4 + value.length;
  }
  return bytes;
}

/** The arguments again, as views. */
export function unpackArguments(payload: Uint8Array): Uint8Array[] {
  const values: Uint8Array[] = [];
  for (let at = 0; at < payload.length;) {
    const length = lengthAt(payload, at);
    values.push(payload.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return values;
}

/** Splits a stream into frames, however it is chunked. */
export class CallFrames {
  private readonly arrived = new Arrived();

  push(chunk: Uint8Array): void {
    this.arrived.push(chunk);
  }

  /** The next whole frame, as a view of memory that is never overwritten. */
  take(): CallFrame | undefined {
    const { bytes, start, end } = this.arrived;
    if (end - start < HEADER) return undefined;
    const next = start + 4 + lengthAt(bytes, start);
    if (next > end) return undefined;
    this.arrived.start = next;
    return { kind: bytes[start + 4], payload: bytes.subarray(start + HEADER, next) };
  }
}

/** Function calls: each item is an argument. */
export class CallProtocol implements WorkerProtocol {
  readonly greets = true;

  constructor(readonly terminator: Uint8Array) {}

  encode(job: Job): Uint8Array {
    return frame(CALL, packArguments(job.items.fields));
  }

  decoder(): AnswerDecoder {
    const frames = new CallFrames();
    return {
      push: (chunk) => frames.push(chunk),
      take() {
        const next = frames.take();
        return next && answerOf(next);
      },
      rest: () => undefined,
    };
  }
}

function answerOf({ kind, payload }: CallFrame): WorkerAnswer {
  switch (kind) {
    case READY:
      return { kind: "ready" };
    case VALUE:
      return { kind: "value", bytes: payload };
    case ERROR:
      return { kind: "error", text: decoder.decode(payload) };
    default:
      return { kind: "hopeless", exit: payload[0], text: decoder.decode(payload.subarray(1)) };
  }
}

const decoder = new TextDecoder();

/** The worker cannot work, for a reason common to all of its kind. */
export function hopelessFrame({ parts, exit }: ImpError): Uint8Array {
  const told = bytesOf(JSON.stringify({ parts }));
  const payload = new Uint8Array(1 + told.length);
  payload[0] = exit;
  payload.set(told, 1);
  return frame(HOPELESS, payload);
}

/** That reason as an error for the user. */
export function hopelessError(exit: number, text: string): ImpError {
  const { parts } = JSON.parse(text) as { parts: ErrorParts };
  return new ImpError({ ...parts, exit });
}

function setLength(bytes: Uint8Array, at: number, length: number): void {
  bytes[at] = length & 0xff;
  bytes[at + 1] = (length >>> 8) & 0xff;
  bytes[at + 2] = (length >>> 16) & 0xff;
  bytes[at + 3] = length >>> 24;
}

function lengthAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16) + bytes[at + 3] * 2 ** 24;
}
