import { runtime } from "../../runtime/mod.ts";
import { type Pacing, WorkerBooks } from "../../workers/books.ts";
import type { Attempt } from "../retries.ts";
import type { TreeEnding } from "../tree_endings.ts";
import type { AnswerDecoder } from "./line_protocol.ts";
import type { WorkerTransport } from "./pipe_transport.ts";

/** Two milliseconds hide the time that imp needs to react. */
const PACING: Pacing = { ahead: 2, most: Infinity, weight: 0.3 };

/** A record that was given to a worker and is not answered yet. */
export interface SentRecord {
  readonly attempt: Attempt;
  /** Bytes of it on the worker's stdin. */
  readonly length: number;
}

/** What a pool decides of each of its workers. */
export interface WorkerTerms {
  /** Records at once. */
  readonly ahead: number;
  /** Records in its life; Infinity. */
  readonly maxTasks: number;
  /** It says when it is ready. */
  readonly greets: boolean;
}

/** One process that answers records, and what it owes. */
export class Worker {
  readonly books: WorkerBooks<SentRecord>;
  /** When it began the first record that it owes, or itself: on the clock of runtime.now(), and since 1970. */
  since = runtime.now();
  sinceEpoch = Date.now();
  /** When something was last heard of it, or given to it while it was idle. */
  heard = this.since;
  /** It is being ended by imp; with `late` because the time of this record was up. */
  ending?: TreeEnding;
  late?: Attempt;
  /** It has closed its stdin or stdout and is given until then to end by itself. */
  grace = Infinity;

  constructor(
    readonly slot: number,
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
    return `worker ${this.slot} (pid ${this.pid})`;
  }

  /** It has records that it has not answered. */
  get isBusy(): boolean {
    return this.books.owed > 0;
  }

  /** Numbers of the records that it has not answered. */
  get jobs(): number[] {
    return this.books.unanswered.map(({ attempt }) => attempt.job.seq);
  }

  /** How many more records it may have now. */
  get room(): number {
    return this.ending ? 0 : this.books.room;
  }

  /** It begins the first record of those that it has now. */
  begins(): void {
    this.since = runtime.now();
    this.sinceEpoch = Date.now();
  }

  /** For so many milliseconds nobody could work. */
  wasSuspended(ms: number): void {
    this.since += ms;
    this.heard += ms;
    this.grace += ms;
  }

  give(attempt: Attempt, bytes: Uint8Array): void {
    if (!this.isBusy) {
      this.begins();
      this.heard = this.since;
      this.books.pace.begin(this.since);
    }
    this.books.give({ attempt, length: bytes.length });
    this.transport.queue(bytes);
  }

  /** Sends what it was given. @returns `blocked` when it takes no more now, `gone` when it does not read any more */
  send(): "sent" | "blocked" | "gone" {
    const sent = this.transport.send();
    this.books.paused = sent !== "sent";
    return sent;
  }

  /** Reads what it has written. @returns false at the end; undefined when there is nothing now */
  read(): boolean | undefined {
    const chunk = this.transport.read();
    if (!chunk || chunk.length === 0) return chunk && false;
    this.decoder.push(chunk);
    return true;
  }

  /** Takes in what it had written when it ended. */
  drain(): void {
    for (const chunk of this.transport.drain()) this.decoder.push(chunk);
  }
}
