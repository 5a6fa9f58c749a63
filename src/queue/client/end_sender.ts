import { HOST_FRAME, hostFrame, textFrame } from "../../hosts/frames.ts";
import { endedFrame, type JobEnded, LOST_FOR_GOOD } from "../../hosts/job_frames.ts";
import type { QueueLink } from "../link.ts";
import type { QueueSubjects } from "../names.ts";
import { decodeChunk, type EndMessage } from "../records.ts";
import { STATUS } from "../server_codes.ts";

/** Bytes of output per frame. */
const MOST_OUTPUT = 64 << 10;
/** How much may wait for the pool before reading stops. */
const MOST_WAITING = 8 << 20;
const AGAIN_MS = 500;

/** An end waiting to be sent to the pool. */
interface Waiting {
  readonly id: number;
  readonly run: string;
  readonly key: string;
  readonly end: EndMessage;
}

export interface EndSenderEvents {
  send(frame: Uint8Array): void;
  /** The pool was told how this job ended. */
  told(id: number): void;
  /** Whether to read from the queue. */
  held(isHeld: boolean): void;
}

/**
 * Reports ends and outputs to the pool, as fast as it takes them. Large outputs are fetched from the stream piece by
 * piece.
 */
export class EndSender {
  /** Bytes of output that the pool takes. */
  private credit: number;
  private waiting: Waiting[] = [];
  private waitingBytes = 0;
  private fetching = false;
  private isHeld = false;

  constructor(
    credit: number,
    private readonly link: QueueLink,
    private readonly subjects: QueueSubjects,
    /** The stream of results. */
    private readonly stream: string,
    private readonly events: EndSenderEvents,
  ) {
    this.credit = credit;
  }

  get isIdle(): boolean {
    return this.waiting.length === 0;
  }

  addCredit(bytes: number): void {
    this.credit += bytes;
    this.go();
  }

  add(id: number, run: string, key: string, end: EndMessage): void {
    this.waiting.push({ id, run, key, end });
    this.waitingBytes += sizeOf(end);
    if (this.waiting.length === 1) this.go();
    this.hold();
  }

  private hold(): void {
    const isHeld = this.waitingBytes > MOST_WAITING;
    if (isHeld === this.isHeld) return;
    this.isHeld = isHeld;
    this.events.held(isHeld);
  }

  private go(): void {
    while (this.waiting.length > 0 && this.credit > 0 && !this.fetching) {
      const [next] = this.waiting;
      if (next.end.chunks > 0) return this.fetch(next, 0, next.end.firstChunk);
      this.tell(next);
    }
  }

  private tell(next: Waiting): void {
    const { id, end } = next;
    this.output(id, HOST_FRAME.out, end.out);
    this.output(id, HOST_FRAME.err, end.err);
    this.events.send(
      end.how === "ran" ? hostFrame(HOST_FRAME.ended, id, end.ended) : endedFrame(id, notRun(end)),
    );
    this.waiting.shift();
    this.waitingBytes -= sizeOf(end);
    this.hold();
    this.events.told(id);
  }

  private output(id: number, type: number, bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; from += MOST_OUTPUT) {
      const part = bytes.subarray(from, from + MOST_OUTPUT);
      this.credit -= part.length;
      this.events.send(hostFrame(type, id, part));
    }
  }

  /** One piece after the other. */
  private fetch(next: Waiting, number: number, from: number): void {
    const { id, run, key, end } = next;
    if (number === end.chunks) {
      this.fetching = false;
      this.tell(next);
      return this.go();
    }
    this.fetching = true;
    if (this.credit <= 0) {
      this.link.later(AGAIN_MS / 50, () => this.fetch(next, number, from));
      return;
    }
    const subject = this.subjects.output(run, key, end.attempt);
    const asked = encoder.encode(JSON.stringify({ seq: from, next_by_subj: subject }));
    this.link.request(`$JS.API.DIRECT.GET.${this.stream}`, asked, undefined, (answer) => {
      const chunk = answer?.status === 0 ? decodeChunk(answer.data) : undefined;
      if (answer?.status === STATUS.none || (chunk && chunk.number !== number)) {
        const what = `part of its output is no longer in the queue`;
        this.events.send(textFrame(HOST_FRAME.note, `job ${key} of run ${run}: ${what}`));
        return this.fetch(next, end.chunks, from);
      }
      if (!chunk) {
        this.link.later(AGAIN_MS, () => this.fetch(next, number, from));
        return;
      }
      this.output(id, chunk.stream === "out" ? HOST_FRAME.out : HOST_FRAME.err, chunk.bytes);
      this.fetch(next, number + 1, Number(answer!.header("Nats-Sequence")) + 1);
    });
  }
}

const encoder = new TextEncoder();

function sizeOf({ out, err }: EndMessage): number {
  return out.length + err.length;
}

/** The report for a job that no worker has finished. */
function notRun({ how, pid, at, deliveries, why }: EndMessage): JobEnded {
  const times = deliveries === 1 ? "once" : `${deliveries} times`;
  const text = how === "cancelled"
    ? "it was cancelled"
    : how === "lost"
    ? "its worker was lost, and --at-most-once forbids a second run"
    : `it was started ${times} without a result`;
  return {
    how: "lost",
    // Another attempt would run what must not run twice, or what nobody wants any more.
    status: how === "given up" ? 0 : LOST_FOR_GOOD,
    ...{ pid, slot: 0, start: at / 1000, seconds: 0, userSeconds: 0 },
    ...{
      systemSeconds: 0,
      maxResident: 0,
      why: why === "" || why === how ? text : `${text}: ${why}`,
    },
  };
}
