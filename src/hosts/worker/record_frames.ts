import { Deque } from "../../base/deque.ts";
import { errnoNumber } from "../../libc/calling/errno.ts";
import { waitStatusOf } from "../../libc/processes/wait.ts";
import { bytesOf } from "../../pool/bytes.ts";
import type { JobEnd, JobResult } from "../../pool/types.ts";
import type { MayGive, RecordOutcomes } from "../../pool/workers/record_reports.ts";
import type { Outgoing } from "../../pool/output/writer.ts";
import { HOST_FRAME, hostFrame, textFrame } from "../frames.ts";
import { answerFrame, type AnswerKind, MOST_ANSWER } from "../answer_frames.ts";
import { endedFrame, type EndedHow } from "../job_frames.ts";
import type { FrameOutput } from "./frame_output.ts";
import type { WorkerJob } from "./worker_job.ts";

/** How much of a stderr line goes into one frame. */
const MOST_SAID = 64 << 10;

/** Unknown for a record. */
const NO_USAGE = { userSeconds: 0, systemSeconds: 0, maxResident: 0 };

/** Reports the outcome of records to a client, as fast as it takes them. */
export class RecordFrames implements RecordOutcomes<WorkerJob> {
  /** Messages held back for lack of credit, with their cost. */
  private readonly held = new Deque<readonly [frame: Uint8Array, size: number]>();

  /** @param isStopping ends are no longer the worker's fault */
  constructor(private readonly output: FrameOutput, private readonly isStopping: () => boolean) {}

  get isEmpty(): boolean {
    return this.held.size === 0;
  }

  get mayGive(): MayGive {
    return this.output.credit > 0 ? "all" : "none";
  }

  value(result: JobResult<WorkerJob>, order: number, slot: number, bytes: Uint8Array): void {
    if (bytes.length <= MOST_ANSWER) return this.answer(result, slot, "value", bytes);
    const why = `its answer has ${bytes.length} bytes, and from a host it may have ${MOST_ANSWER}`;
    this.error(result, order, slot, why);
  }

  error(result: JobResult<WorkerJob>, _order: number, slot: number, text: string): void {
    this.answer(result, slot, "error", bytesOf(text).subarray(0, MOST_ANSWER));
  }

  failed(
    result: JobResult<WorkerJob>,
    _order: number,
    slot: number | undefined,
    why: string,
  ): void {
    const { end, pid = 0, job: { id, isCancelled } } = result;
    const ending = "ending" in end ? end.ending : undefined;
    this.say(
      endedFrame(id, {
        how: isCancelled || this.isStopping() ? "cancelled" : howOf(end),
        status: ending ? waitStatusOf(ending) : end.by === "start" ? errnoNumber(end.errno) : 0,
        pid,
        slot: slot ?? 0,
        ...timesOf(result),
        ...{ ...NO_USAGE, why },
      }),
      0,
    );
  }

  /** Its worker is ended because of another record, and may have begun it. */
  lost({ id }: WorkerJob): void {
    const nothing = { status: 0, pid: 0, slot: 0, seconds: 0, ...NO_USAGE };
    const start = Date.now() / 1000;
    this.say(
      endedFrame(id, {
        how: "lost",
        ...nothing,
        start,
        why: "lost with its worker",
      }),
      0,
    );
  }

  /** A worker has written to stderr. */
  push(sent: Outgoing): void {
    if (!("bytes" in sent)) return;
    const { bytes } = sent;
    for (let from = 0; from < bytes.length; from += MOST_SAID) {
      const part = bytes.subarray(from, from + MOST_SAID);
      this.say(hostFrame(HOST_FRAME.err, 0, part), part.length);
    }
  }

  note(text: string): void {
    this.output.push(textFrame(HOST_FRAME.note, text));
  }

  /** Passes on what the client takes now. */
  pump(): void {
    for (let first = this.held.first(); first; first = this.held.first()) {
      if (!this.mayGo(first[1])) return;
      this.held.shift();
      this.go(...first);
    }
  }

  /** Passes on everything, whatever the client takes. */
  sayAll(): void {
    for (const one of this.held.drain()) this.go(...one);
  }

  private answer(
    result: JobResult<WorkerJob>,
    slot: number,
    kind: AnswerKind,
    bytes: Uint8Array,
  ): void {
    const { job, pid = 0 } = result;
    const answer = { kind, pid, slot, ...timesOf(result), bytes };
    this.say(answerFrame(job.id, answer), bytes.length);
  }

  private say(frame: Uint8Array, size: number): void {
    if (this.held.size === 0 && this.mayGo(size)) this.go(frame, size);
    else this.held.push([frame, size]);
  }

  /** Messages that cost no credit need not wait for it. */
  private mayGo(size: number): boolean {
    return size === 0 || (this.output.credit > 0 && this.output.isRoomy);
  }

  private go(frame: Uint8Array, size: number): void {
    this.output.credit -= size;
    this.output.push(frame);
  }
}

/** In seconds. */
function timesOf({ startedAt, endedAt }: JobResult) {
  return { start: startedAt / 1000, seconds: Math.max(0, endedAt - startedAt) / 1000 };
}

function howOf(end: JobEnd): EndedHow {
  switch (end.by) {
    case "timeout":
      return "timeout";
    case "start":
      return "not started";
    default:
      return "itself";
  }
}
