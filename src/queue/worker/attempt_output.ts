import { encodeChunk } from "../records.ts";
import type { StreamCalls } from "../stream_calls.ts";
import { concat } from "../../pool/bytes.ts";

/** The maximum output within a job's end; more goes ahead of it, in separate messages. */
const MOST_INLINE = 64 << 10;
/** The maximum of a separate message. */
const MOST_CHUNK = 256 << 10;

/** What an attempt's output may fill. */
export interface OutputRoom {
  /** In the end, beside the job. */
  readonly inline: number;
  readonly chunk: number;
}

/** @param room bytes that a message may carry @param job bytes of the job, which its end has too */
export function outputRoom(room: number, job: number): OutputRoom {
  return {
    inline: Math.max(0, Math.min(MOST_INLINE, room - job)),
    chunk: Math.min(MOST_CHUNK, room),
  };
}

/** What an attempt's end says about its output. */
export interface KeptOutput {
  readonly out: Uint8Array;
  readonly err: Uint8Array;
  readonly chunks: number;
  readonly firstChunk: number;
}

/** The output of one attempt on its way into the stream. What the stream has is not kept in memory. */
export class AttemptOutput {
  private readonly held = { out: [] as Uint8Array[], err: [] as Uint8Array[] };
  private heldBytes = 0;
  private chunks = 0;
  private firstChunk = 0;
  private unanswered = 0;
  private whenKept: (() => void) | undefined;

  /**
   * @param subject of the attempt
   * @param id unique to the attempt
   * @param credit gets how many bytes of memory are free again
   */
  constructor(
    private readonly calls: StreamCalls,
    private readonly subject: string,
    private readonly id: string,
    private readonly credit: (bytes: number) => void,
    private readonly room: OutputRoom,
  ) {}

  /** The stream has not confirmed all that was sent. */
  get isWaiting(): boolean {
    return this.unanswered > 0;
  }

  /** @param bytes are copied */
  add(stream: "out" | "err", bytes: Uint8Array): void {
    this.held[stream].push(bytes.slice());
    this.heldBytes += bytes.length;
    if (this.chunks === 0 && this.heldBytes <= this.room.inline) return;
    for (const stream of ["out", "err"] as const) {
      for (const part of this.held[stream].splice(0)) {
        for (let from = 0; from < part.length; from += this.room.chunk) {
          this.keep(stream, part.subarray(from, from + this.room.chunk));
        }
      }
    }
    this.heldBytes = 0;
  }

  /** The attempt is over. @param done called once the stream has everything that precedes the end */
  finish(done: (kept: KeptOutput) => void): void {
    const tell = () => {
      const { held: { out, err }, chunks, firstChunk } = this;
      this.credit(this.heldBytes);
      done({ out: concat(out), err: concat(err), chunks, firstChunk });
    };
    if (this.unanswered === 0) tell();
    else this.whenKept = tell;
  }

  private keep(stream: "out" | "err", bytes: Uint8Array): void {
    const number = this.chunks++;
    const data = encodeChunk({ stream, number, bytes });
    this.unanswered++;
    this.calls.keep({ subject: this.subject, data, id: `${this.id}.${number}` }, (kept) => {
      this.unanswered--;
      this.credit(bytes.length);
      if (number === 0 && kept.kept) this.firstChunk = kept.place;
      if (this.unanswered === 0) this.whenKept?.();
    });
  }
}
