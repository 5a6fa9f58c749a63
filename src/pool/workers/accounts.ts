import { runtime } from "../../runtime/mod.ts";
import { bytesOf } from "../bytes.ts";
import type { Ledger } from "../ledger.ts";
import { jobRecord, textOrBytes } from "../record.ts";
import type { Attempt, Retries } from "../retries.ts";
import { valuesOf } from "../template.ts";
import type { Job, JobEnd, JobResult } from "../types.ts";
import type { OutputWriter } from "../writer.ts";
import type { Answers } from "./answers.ts";
import type { WorkerSettings } from "./settings.ts";
import type { Worker } from "./worker.ts";

const WELL: JobEnd = { by: "itself", ending: { how: "exit", code: 0 } };
const FAILED: JobEnd = { by: "itself", ending: { how: "exit", code: 1 } };
const COLLECT_EVERY = 16_384;
const NEWLINE = bytesOf("\n");
const MOST_SHOWN = 60;

/** Writes down what became of each record, once. */
export class Accounts {
  private closed = 0;

  constructor(
    private readonly settings: WorkerSettings,
    private readonly ledger: Ledger,
    private readonly writer: OutputWriter,
    private readonly answers: Answers,
    private readonly retries: Retries,
    private readonly pool: {
      /** Numbers of the records that are with workers, or whose answers have not been printed. */
      others(): readonly number[];
      /** A record has got its last word. */
      closed(): void;
    },
  ) {}

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
    this.answers.add(attempt.order, parts && !unkept ? { seq, parts, row } : null);
    this.pool.closed();
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
