import { EAGAIN } from "../../libc/abi.ts";
import { closeFile, readSome } from "../../libc/descriptors/files.ts";
import { unreadBytes, writeParts } from "../../libc/descriptors/pipe.ts";
import { runtime } from "../../runtime/mod.ts";
import { type Pacing, WorkerBooks } from "../../workers/books.ts";
import type { Attempt } from "../rules/retry.ts";
import type { TreeEnding } from "../process/tree_endings.ts";
import { sizeOfRecord } from "../source/item_jobs.ts";
import type { Job, JobEnd, JobResult } from "../types.ts";
import type { AnswerDecoder } from "./line_protocol.ts";

/** Two milliseconds hide imp's reaction time. */
const PACING: Pacing = { ahead: 2, most: Infinity, weight: 0.3 };

/** A record given to a worker and not answered yet. */
export interface SentRecord<J extends Job = Job> {
  readonly attempt: Attempt<J>;
  /** Its bytes on the worker's stdin. */
  readonly length: number;
}

/** A pool's settings for its workers. */
export interface WorkerTerms {
  /** Records at a time. */
  readonly ahead: number;
  /** Records in its lifetime; Infinity. */
  readonly maxTasks: number;
  /** It reports when it is ready. */
  readonly greets: boolean;
}

/** A process that answers records, and what it owes. */
export class Worker<J extends Job = Job> {
  readonly books: WorkerBooks<SentRecord<J>>;
  /** When the first record it owes, or the worker itself, began: on the clock of runtime.now(), and since 1970. */
  since = runtime.now();
  sinceEpoch = Date.now();
  /** When it last wrote something, or got a record while idle. */
  heard = this.since;
  /** imp is ending it; `late` if this record's time was up. */
  ending?: TreeEnding;
  late?: Attempt<J>;
  /** It is being ended by imp because it has not loaded its module in time. */
  isStuck = false;
  /** It has closed its stdin or stdout and is given until then to end by itself. */
  grace = Infinity;

  /** @param shown the slot's name */
  constructor(
    readonly slot: number,
    readonly shown: number,
    readonly pid: number,
    readonly transport: WorkerTransport,
    readonly decoder: AnswerDecoder,
    { ahead, maxTasks, greets }: WorkerTerms,
  ) {
    this.books = new WorkerBooks({ ...PACING, most: ahead }, maxTasks);
    this.books.ready = !greets;
  }

  /** For messages. */
  get name(): string {
    return `worker ${this.shown} (pid ${this.pid})`;
  }

  /** It has unanswered records. */
  get isBusy(): boolean {
    return this.books.owed > 0;
  }

  /** Numbers of its unanswered records. */
  get jobs(): number[] {
    return this.books.unanswered.map(({ attempt }) => attempt.job.seq);
  }

  /** How many more records it may have now. */
  get room(): number {
    return this.ending ? 0 : this.books.room;
  }

  /** It begins the first record of those that it has now. */
  begins(now: number): void {
    this.since = now;
    this.sinceEpoch = Date.now();
  }

  /** Nobody could work for so many milliseconds. */
  wasSuspended(ms: number): void {
    this.since += ms;
    this.heard += ms;
    this.grace += ms;
  }

  give(attempt: Attempt<J>, bytes: Uint8Array, now: number): void {
    if (!this.isBusy) {
      // `now` may be older than the worker.
      this.begins(Math.max(now, this.since));
      this.heard = this.since;
      this.books.pace.begin(this.since);
    }
    this.books.give({ attempt, length: bytes.length });
    this.transport.queue(bytes);
  }

  /** Sends what it was given. @returns `blocked` if it takes no more now, `gone` if it has closed its input */
  send(): "sent" | "blocked" | "gone" {
    const sent = this.transport.send();
    this.books.paused = sent !== "sent";
    return sent;
  }

  /** Reads its output. @returns false at the end; undefined if there is nothing now */
  read(): boolean | undefined {
    const chunk = this.transport.read();
    if (!chunk || chunk.length === 0) return chunk && false;
    this.decoder.push(chunk);
    return true;
  }

  /** Reads what it had written when it ended. */
  drain(): void {
    for (const chunk of this.transport.drain()) this.decoder.push(chunk);
  }
}

/** The connection to a worker. Nothing blocks. */
export interface WorkerTransport {
  /** What to wait for. */
  readonly pipes: WorkerPipes;
  /** Queues bytes; {@link send} sends them. */
  queue(bytes: Uint8Array): void;
  /** Whether queued bytes are unsent. */
  readonly hasUnsent: boolean;
  /** `blocked`: it takes no more now; `gone`: it has closed its input. */
  send(): "sent" | "blocked" | "gone";
  /** The worker sees end of file. */
  closeInput(): void;
  readonly inputClosed: boolean;
  /** Queued bytes that the worker has not read: they show which record it has begun. */
  unread(): number;
  /** It has ended: others that may still read its input no longer matter. */
  settleUnread(): void;
  /** Its output; empty at the end, undefined if there is nothing now. */
  read(): Uint8Array | undefined;
  /** Whether it has unread output. */
  readonly hasSpoken: boolean;
  /** What it had written when it ended. Processes that inherited its output may go on writing: that is not read. */
  drain(): Iterable<Uint8Array>;
  close(): void;
}

/** imp's ends of a worker's three pipes. */
export interface WorkerPipes {
  readonly stdin: number;
  readonly stdout: number;
  readonly stderr: number;
}

/** A worker on this machine, through its stdin and stdout. */
export class PipeTransport implements WorkerTransport {
  private stdin: number;
  private readonly parts: Uint8Array[] = [];
  /** Bytes of the first part already written. */
  private skip = 0;
  private finalUnread: number | undefined;

  constructor(readonly pipes: WorkerPipes) {
    this.stdin = pipes.stdin;
  }

  queue(bytes: Uint8Array): void {
    this.parts.push(bytes);
  }

  get hasUnsent(): boolean {
    return this.parts.length > 0;
  }

  send(): "sent" | "blocked" | "gone" {
    while (this.parts.length > 0) {
      const n = this.stdin < 0 ? -1 : writeParts(this.stdin, this.parts, this.skip);
      if (n < 0) return n === -EAGAIN ? "blocked" : "gone";
      this.advance(n);
    }
    return "sent";
  }

  closeInput(): void {
    if (this.stdin < 0) return;
    this.finalUnread = this.unread();
    closeFile(this.stdin);
    this.stdin = -1;
  }

  get inputClosed(): boolean {
    return this.stdin < 0;
  }

  settleUnread(): void {
    this.finalUnread ??= this.unread();
  }

  unread(): number {
    if (this.finalUnread !== undefined) return this.finalUnread;
    let bytes = unreadBytes(this.stdin) - this.skip;
    for (const { length } of this.parts) bytes += length;
    return bytes;
  }

  read(): Uint8Array | undefined {
    const chunk = readSome(this.pipes.stdout);
    return typeof chunk === "number" ? undefined : chunk;
  }

  get hasSpoken(): boolean {
    return unreadBytes(this.pipes.stdout) > 0;
  }

  *drain(): Iterable<Uint8Array> {
    for (let left = unreadBytes(this.pipes.stdout); left > 0;) {
      const chunk = this.read();
      if (!chunk || chunk.length === 0) return;
      yield chunk;
      left -= chunk.length;
    }
  }

  close(): void {
    this.closeInput();
    closeFile(this.pipes.stdout);
    closeFile(this.pipes.stderr);
  }

  private advance(n: number): void {
    let done = this.skip + n;
    let whole = 0;
    while (whole < this.parts.length && done >= this.parts[whole].length) {
      done -= this.parts[whole++].length;
    }
    this.parts.splice(0, whole);
    this.skip = done;
  }
}

/** Its worker has answered it. */
export const ANSWERED: JobEnd = { by: "itself", ending: { how: "exit", code: 0 } };
/** Its function threw. */
export const THROWN: JobEnd = { by: "itself", ending: { how: "exit", code: 1 } };

/** What became of one attempt at a record. @param worker undefined where none was given it @param received bytes of its answer */
export function resultOf<J extends Job>(
  worker: Worker | undefined,
  { job, number }: Attempt<J>,
  end: JobEnd,
  received = 0,
): JobResult<J> {
  const endedAt = Date.now();
  const startedAt = worker ? worker.sinceEpoch : endedAt;
  const sent = sizeOfRecord(job);
  return { job, pid: worker?.pid, startedAt, endedAt, end, attempt: number, sent, received };
}
