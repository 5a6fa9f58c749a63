import { PIPE_BUF } from "../../libc/abi_files.ts";
import { runtime } from "../../runtime/mod.ts";
import { bytesOf, concat } from "../bytes.ts";
import type { Ledger } from "../account/ledger.ts";
import { jobRecord, textOrBytes } from "../account/record.ts";
import type { PoolSettings } from "../settings.ts";
import type { Job, JobResult } from "../types.ts";
import { InTurn } from "../output/in_turn.ts";
import type { OutputWriter } from "../output/writer.ts";

const COLLECT_EVERY = 16_384;
const NEWLINE = bytesOf("\n");
const MOST_SHOWN = 60;

/** Which records may be given out: all, only those that were given out before, or none. */
export type MayGive = "all" | "old" | "none";

/** Is told what became of each record, once. `order` counts their first attempts, `slot` is that of the worker. */
export interface RecordOutcomes<J extends Job = Job> {
  readonly mayGive: MayGive;
  /** The worker has answered. */
  value(result: JobResult<J>, order: number, slot: number, bytes: Uint8Array): void;
  /** Its function threw. */
  error(result: JobResult<J>, order: number, slot: number, text: string): void;
  /** It will not be answered. @param why for the user */
  failed(result: JobResult<J>, order: number, slot: number | undefined, why: string): void;
}

/** How records are reported. */
export interface ReportSettings {
  readonly pool: PoolSettings;
  /** Print one object per record instead of its answer. */
  readonly json: boolean;
  /** Follows each answer. */
  readonly terminator: Uint8Array;
}

/** What a pool offers to the reports. */
export interface ReportHooks {
  /** Numbers of the records in progress. */
  readonly given: () => readonly number[];
  /** A record has its final result, for which the pool may have to stop. */
  readonly closed: () => void;
  /** Whether a record that failed is tried again: nothing is said of it yet. */
  readonly retried?: (result: JobResult, order: number) => boolean;
}

/** Says what became of each record, once: to the job log, to the user, on stdout. */
export class RecordReports implements RecordOutcomes {
  private closed = 0;
  private readonly printer: AnswerPrinter;

  constructor(
    private readonly settings: ReportSettings,
    private readonly ledger: Ledger,
    private readonly writer: OutputWriter,
    private readonly hooks: ReportHooks,
  ) {
    const settle = (seqs: readonly number[], rows: Uint8Array) =>
      ledger.settle(seqs, rows, this.others);
    this.printer = new AnswerPrinter(writer, settings.pool.inOrder, settle);
  }

  /** Too much waits for its turn for new records to begin. */
  get isFull(): boolean {
    return this.printer.isFull;
  }

  /** By what waits to be printed. */
  get mayGive(): MayGive {
    return this.writer.congested ? "none" : this.isFull ? "old" : "all";
  }

  /** Numbers of the records whose answers have not been written. */
  get unprinted(): readonly number[] {
    return this.printer.unprinted;
  }

  /** Passes on what is ready to be written. */
  flush(): void {
    this.printer.flush();
  }

  /** No earlier answer will come any more: passes on everything. */
  finish(): void {
    this.printer.finish();
  }

  value(result: JobResult, order: number, slot: number, bytes: Uint8Array): void {
    const { json, terminator, pool } = this.settings;
    if (json) return this.close(result, order, this.record(result, slot, textOrBytes(bytes)));
    const tag = pool.tag?.(result.job, slot);
    this.close(result, order, tag ? [tag, bytes, terminator] : [bytes, terminator]);
  }

  error(result: JobResult, order: number, slot: number, text: string): void {
    this.failed(result, order, slot, `worker ${slot} (pid ${result.pid}): ${text}`, text);
  }

  /** @param error for the record, where it is the function's own */
  failed(
    result: JobResult,
    order: number,
    slot: number | undefined,
    why: string,
    error?: string,
  ): void {
    if (this.hooks.retried?.(result, order)) return;
    const { job } = result;
    const text = `record ${job.seq} (${shown(job)}) failed: ${why}`;
    const parts = this.settings.json ? this.record(result, slot, null, error) : null;
    this.close(result, order, parts, text);
  }

  private readonly others = (): readonly number[] => [
    ...this.hooks.given(),
    ...this.printer.unprinted,
  ];

  private close(
    result: JobResult,
    order: number,
    parts: readonly Uint8Array[] | null,
    why?: string,
  ): void {
    if (++this.closed % COLLECT_EVERY === 0) runtime.collectGarbage();
    const { seq } = result.job;
    const { message, row, unkept } = this.ledger.close(result, undefined, this.others, why);
    if (message) this.writer.push({ target: 2, bytes: message, optional: true });
    // Nothing is printed about the failure, so its row need not wait.
    if (row && !parts) this.ledger.settle([seq], row, this.others);
    const isSaid = !unkept && result.end.by !== "stop";
    this.printer.add(order, parts && isSaid ? { seq, parts, row } : null);
    if (this.settings.pool.halt.when !== "never") this.hooks.closed();
  }

  private record(
    result: JobResult,
    slot: number | undefined,
    stdout: unknown,
    error?: string,
  ): Uint8Array[] {
    const record = { ...jobRecord(result, undefined), worker: slot ?? null, stdout };
    return [bytesOf(JSON.stringify(error === undefined ? record : { ...record, error })), NEWLINE];
  }
}

function shown(job: Job): string {
  const text = job.items.fields.map((value) => new TextDecoder().decode(value)).join(" ");
  const quoted = JSON.stringify(text);
  return quoted.length > MOST_SHOWN ? `${quoted.slice(0, MOST_SHOWN)}…` : quoted;
}

/** A pipe takes this much completely or not at all, so no answer is cut there. */
const BATCH = PIPE_BUF;
/** Maximum bytes waiting for an earlier answer. */
const MOST_HELD = 16 << 20;

/** A record's result. */
interface Answered {
  readonly seq: number;
  /** What is printed. */
  readonly parts: readonly Uint8Array[];
  /** Goes to the job log once that is written. */
  readonly row?: Uint8Array;
}

/** Combines answers into larger writes, at once or in order of submission. */
export class AnswerPrinter {
  private buffer = new Uint8Array(BATCH);
  private length = 0;
  private seqs: number[] = [];
  private rows: Uint8Array[] = [];
  /** Of answers that the writer has not written yet. */
  private readonly owing = new Set<readonly number[]>();
  /** With order; null for one that has nothing to say. */
  private readonly inTurn: InTurn<Answered | null> | undefined;
  private held = 0;

  /** @param settle gets the numbers of written answers */
  constructor(
    private readonly writer: OutputWriter,
    inOrder: boolean,
    private readonly settle: (seqs: readonly number[], rows: Uint8Array) => void,
  ) {
    if (!inOrder) return;
    this.inTurn = new InTurn((answered) => {
      this.held -= costOf(answered);
      if (answered) this.append(answered);
    });
  }

  /** Too much waits for its turn for new records to begin. */
  get isFull(): boolean {
    return this.held > MOST_HELD;
  }

  /** Numbers of answered records whose answers are not written. */
  get unprinted(): readonly number[] {
    const waiting = [...this.inTurn?.early ?? []].flatMap((one) => one ? [one.seq] : []);
    return [...this.owing, this.seqs, waiting].flat().sort((a, b) => a - b);
  }

  /**
   * If ordered, each number must come exactly once. @param answered null for a failure, about which nothing is printed
   */
  add(order: number, answered: Answered | null): void {
    const { inTurn } = this;
    if (inTurn && !inTurn.isTurnOf(order)) {
      // A copy: parts are views of large blocks.
      const whole = answered && { ...answered, parts: [concat(answered.parts)] };
      inTurn.hold(order, whole);
      this.held += costOf(whole);
      return;
    }
    if (answered) this.append(answered);
    inTurn?.advance();
  }

  /** No earlier answer will come any more: passes on everything, in order. */
  finish(): void {
    this.inTurn?.finish();
    this.flush();
  }

  /** Passes on what is ready to be written. */
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

/** An entry's overhead besides its bytes. */
const PLACE = 512;

function costOf(answered: Answered | null): number {
  return PLACE + (answered ? answered.parts[0].length + (answered.row?.length ?? 0) : 0);
}
