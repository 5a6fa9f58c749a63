import { runtime } from "../../runtime/mod.ts";
import { bytesOf, concat } from "../bytes.ts";
import type { Ledger } from "../ledger.ts";
import { jobRecord, textOrBytes } from "../record.ts";
import type { Attempt, Retries } from "../retry.ts";
import { type Job, type JobEnd, type JobResult, valuesOf } from "../types.ts";
import type { OutputWriter } from "../writer.ts";
import type { Worker, WorkerSettings } from "./worker.ts";

const WELL: JobEnd = { by: "itself", ending: { how: "exit", code: 0 } };
const FAILED: JobEnd = { by: "itself", ending: { how: "exit", code: 1 } };
const COLLECT_EVERY = 16_384;
const NEWLINE = bytesOf("\n");
const MOST_SHOWN = 60;

/** Which records may be given out: all, only those that were given out before, or none. */
export type MayGive = "all" | "old" | "none";

/** Says what became of each record, once: to the job log, to the user, on stdout. */
export class Outcomes {
  private closed = 0;

  constructor(
    private readonly settings: WorkerSettings,
    private readonly ledger: Ledger,
    private readonly writer: OutputWriter,
    private readonly printer: AnswerPrinter,
    private readonly retries: Retries,
    private readonly pool: {
      /** Numbers of the records that are with workers, or whose answers have not been printed. */
      others(): readonly number[];
      /** A record has got its last word, and the pool may have to stop for it. */
      closed(): void;
    },
  ) {}

  /** By what waits to be printed. */
  get mayGive(): MayGive {
    return this.writer.congested ? "none" : this.printer.isFull ? "old" : "all";
  }

  /** The worker has answered. */
  value(worker: Worker, attempt: Attempt, bytes: Uint8Array): void {
    const result = resultOf(worker, attempt, WELL, bytes.length);
    const { json, program, pool } = this.settings;
    if (json) return this.close(result, attempt, this.record(result, worker, textOrBytes(bytes)));
    const { terminator } = program.protocol;
    const tag = pool.tag?.(attempt.job, worker.slot);
    this.close(result, attempt, tag ? [tag, bytes, terminator] : [bytes, terminator]);
  }

  /** Its function threw. */
  error(worker: Worker, attempt: Attempt, text: string): void {
    this.failed(worker, attempt, FAILED, `${worker.name}: ${text}`, text);
  }

  /** It will not be answered. @param why for the user @param error for the record, where it is the function's own */
  failed(
    worker: Worker | undefined,
    attempt: Attempt,
    end: JobEnd,
    why: string,
    error?: string,
  ): void {
    const result = resultOf(worker, attempt, end, 0);
    const wait = this.ledger.retryDelay(result);
    if (wait !== undefined) {
      const { job, number, order } = attempt;
      this.retries.add({ job, number: number + 1, order, due: runtime.now() + wait });
      return;
    }
    const { json } = this.settings;
    const text = `record ${attempt.job.seq} (${shown(attempt.job)}) failed: ${why}`;
    this.close(result, attempt, json ? this.record(result, worker, null, error) : null, text);
  }

  private close(
    result: JobResult,
    attempt: Attempt,
    parts: readonly Uint8Array[] | null,
    why?: string,
  ): void {
    if (++this.closed % COLLECT_EVERY === 0) runtime.collectGarbage();
    const { seq } = attempt.job;
    const { others } = this.pool;
    const { message, row, unkept } = this.ledger.close(result, undefined, others, why);
    if (message) this.writer.push({ target: 2, bytes: message, optional: true });
    // Nothing has to leave before the row of a failure of which nothing is printed.
    if (row && !parts) this.ledger.settle([seq], row, others);
    this.printer.add(attempt.order, parts && !unkept ? { seq, parts, row } : null);
    if (this.settings.pool.halt.when !== "never") this.pool.closed();
  }

  private record(
    result: JobResult,
    worker: Worker | undefined,
    stdout: unknown,
    error?: string,
  ): Uint8Array[] {
    const record = { ...jobRecord(result, undefined), worker: worker?.slot ?? null, stdout };
    return [bytesOf(JSON.stringify(error === undefined ? record : { ...record, error })), NEWLINE];
  }
}

function resultOf(
  worker: Worker | undefined,
  { job, number }: Attempt,
  end: JobEnd,
  received: number,
): JobResult {
  const endedAt = Date.now();
  const startedAt = worker ? worker.sinceEpoch : endedAt;
  let sent = 0;
  for (const { length } of valuesOf(job.items)) sent += length;
  return { job, pid: worker?.pid, startedAt, endedAt, end, attempt: number, sent, received };
}

function shown(job: Job): string {
  const text = valuesOf(job.items).map((value) => new TextDecoder().decode(value)).join(" ");
  const quoted = JSON.stringify(text);
  return quoted.length > MOST_SHOWN ? `${quoted.slice(0, MOST_SHOWN)}…"` : quoted;
}

/** A pipe takes so much whole or not at all (PIPE_BUF), so no answer is left halfway there. */
const BATCH = 4096;
/** Bytes that may wait for an earlier answer. */
const MOST_HELD = 16 << 20;

/** What a record has brought. */
interface Answered {
  readonly seq: number;
  /** What is printed. */
  readonly parts: readonly Uint8Array[];
  /** Goes to the job log when that has gone, and not before. */
  readonly row?: Uint8Array;
}

/** Puts answers together into larger writes, at once or in order of submission. */
export class AnswerPrinter {
  private buffer = new Uint8Array(BATCH);
  private length = 0;
  private seqs: number[] = [];
  private rows: Uint8Array[] = [];
  /** Of answers that the writer has not written yet. */
  private readonly owing = new Set<readonly number[]>();
  private next = 1;
  /** Whose turn has not come; null for one that has nothing to say. */
  private readonly waiting = new Map<number, Answered | null>();
  private held = 0;

  /** @param settle is told whose answers have gone */
  constructor(
    private readonly writer: OutputWriter,
    private readonly inOrder: boolean,
    private readonly settle: (seqs: readonly number[], rows: Uint8Array) => void,
  ) {}

  /** So much waits for its turn that nothing new should be begun. */
  get isFull(): boolean {
    return this.held > MOST_HELD;
  }

  /** Numbers of the records that were answered and whose answers have not been written. */
  get unprinted(): readonly number[] {
    const waiting = [...this.waiting.values()].flatMap((one) => one ? [one.seq] : []);
    return [...this.owing, this.seqs, waiting].flat().sort((a, b) => a - b);
  }

  /** With order, each number must come exactly once. @param answered null for a failure, of which nothing is printed */
  add(order: number, answered: Answered | null): void {
    if (!this.inOrder) {
      if (answered) this.append(answered);
      return;
    }
    if (order !== this.next) {
      // A copy: parts are views of large blocks.
      const whole = answered && { ...answered, parts: [concat(answered.parts)] };
      this.waiting.set(order, whole);
      this.held += costOf(whole);
      return;
    }
    if (answered) this.append(answered);
    for (;;) {
      const ready = this.waiting.get(++this.next);
      if (ready === undefined) return;
      this.waiting.delete(this.next);
      this.held -= costOf(ready);
      if (ready) this.append(ready);
    }
  }

  /** No earlier answer will come any more: hands over everything, in order. */
  finish(): void {
    const left = [...this.waiting].sort(([a], [b]) => a - b);
    for (const [, answered] of left) if (answered) this.append(answered);
    this.waiting.clear();
    this.flush();
  }

  /** Hands over what is ready to be written. */
  flush(): void {
    if (this.seqs.length === 0) return;
    this.push(this.buffer.slice(0, this.length), this.seqs, this.rows);
    this.length = 0;
    this.seqs = [];
    this.rows = [];
  }

  private append({ seq, parts, row }: Answered): void {
    let size = 0;
    for (const { length } of parts) size += length;
    if (this.length + size > BATCH) this.flush();
    if (size > BATCH) {
      this.push(concat(parts), [seq], row ? [row] : []);
      return;
    }
    for (const part of parts) {
      this.buffer.set(part, this.length);
      this.length += part.length;
    }
    this.seqs.push(seq);
    if (row) this.rows.push(row);
  }

  private push(bytes: Uint8Array, seqs: readonly number[], rows: readonly Uint8Array[]): void {
    const of = { begun: false, complete: true };
    this.owing.add(seqs);
    this.writer.push({ target: 1, bytes, of });
    const done = () => {
      this.owing.delete(seqs);
      if (rows.length > 0) this.settle(seqs, concat(rows));
    };
    this.writer.push({ done, of });
  }
}

/** What an entry takes besides its bytes. */
const PLACE = 512;

function costOf(answered: Answered | null): number {
  return PLACE + (answered ? answered.parts[0].length + (answered.row?.length ?? 0) : 0);
}
