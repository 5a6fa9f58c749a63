// The frame ANSWER of an answered record. Records without an answer end as jobs do, with ENDED.
import {
  emptyFrame,
  HOST_FRAME,
  type HostFrame,
  hostFrame,
  MOST_FRAME,
  MOST_PAYLOAD,
  PAYLOAD_AT,
  ProtocolError,
} from "./frames.ts";

/** `error`: the function threw, and this is its stack. */
export type AnswerKind = "value" | "error";
const KINDS: readonly AnswerKind[] = ["value", "error"];

/** A worker's answer. Seconds, by the host's clock. */
export interface RecordAnswer {
  readonly kind: AnswerKind;
  readonly pid: number;
  readonly slot: number;
  /** Since 1970. */
  readonly start: number;
  readonly seconds: number;
  readonly bytes: Uint8Array;
}

const ANSWER_HEAD = 25;
/** The maximum bytes of an answer. */
export const MOST_ANSWER = MOST_PAYLOAD - ANSWER_HEAD;

/** u8 kind | u32 PID | u32 slot | f64 start, seconds | the answer. */
export function answerFrame(job: number, answer: RecordAnswer): Uint8Array {
  const size = ANSWER_HEAD + answer.bytes.length;
  if (size < MOST_FRAME / 2) {
    const { bytes, view } = emptyFrame(HOST_FRAME.answer, job, size);
    putAnswer(bytes, view, PAYLOAD_AT, answer);
    return bytes;
  }
  const payload = new Uint8Array(size);
  putAnswer(payload, new DataView(payload.buffer), 0, answer);
  return hostFrame(HOST_FRAME.answer, job, payload);
}

function putAnswer(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  { kind, pid, slot, start, seconds, bytes: answer }: RecordAnswer,
): void {
  view.setUint8(at, KINDS.indexOf(kind));
  view.setUint32(at + 1, pid, true);
  view.setUint32(at + 5, slot, true);
  view.setFloat64(at + 9, start, true);
  view.setFloat64(at + 17, seconds, true);
  bytes.set(answer, at + ANSWER_HEAD);
}

/** @returns bytes that the receiver owns @throws ProtocolError */
export function answerIn({ payload }: HostFrame): RecordAnswer {
  const kind = KINDS[payload[0]];
  if (payload.length < ANSWER_HEAD || !kind) throw new ProtocolError("an answer that is cut off");
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  const [start, seconds] = [view.getFloat64(9, true), view.getFloat64(17, true)];
  if (!(start >= 0 && seconds >= 0 && Number.isFinite(start + seconds))) {
    throw new ProtocolError("an answer without a time");
  }
  return {
    ...{ kind, start, seconds },
    pid: view.getUint32(1, true),
    slot: view.getUint32(5, true),
    bytes: payload.slice(ANSWER_HEAD),
  };
}
