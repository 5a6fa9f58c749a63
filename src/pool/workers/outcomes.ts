import { runtime } from "../../runtime/mod.ts";
import type { Ledger } from "../account/ledger.ts";
import type { Attempt, Retries } from "../rules/retry.ts";
import { type Job, type JobEnd, type JobResult, valuesOf } from "../types.ts";
import type { OutputWriter } from "../output/writer.ts";
import type { RecordReports } from "./record_reports.ts";
import type { Worker } from "./worker.ts";

const WELL: JobEnd = { by: "itself", ending: { how: "exit", code: 0 } };
const FAILED: JobEnd = { by: "itself", ending: { how: "exit", code: 1 } };

/** Which records may be given out: all, only those that were given out before, or none. */
export type MayGive = "all" | "old" | "none";

/** Is told what became of each record, once. */
export interface RecordOutcomes {
  readonly mayGive: MayGive;
  /** The worker has answered. */
  value(worker: Worker, attempt: Attempt, bytes: Uint8Array): void;
  /** Its function threw. */
  error(worker: Worker, attempt: Attempt, text: string): void;
  /** It will not be answered. @param why for the user */
  failed(worker: Worker | undefined, attempt: Attempt, end: JobEnd, why: string): void;
}

/** Decides what follows for each record: its report, or another attempt. */
export class Outcomes implements RecordOutcomes {
  constructor(
    private readonly ledger: Ledger,
    private readonly writer: OutputWriter,
    private readonly reports: RecordReports,
    private readonly retries: Retries,
  ) {}

  /** By what waits to be printed. */
  get mayGive(): MayGive {
    return this.writer.congested ? "none" : this.reports.isFull ? "old" : "all";
  }

  value(worker: Worker, attempt: Attempt, bytes: Uint8Array): void {
    const result = resultOf(worker, attempt, WELL, bytes.length);
    this.reports.value(result, attempt.order, worker.shown, bytes);
  }

  error(worker: Worker, attempt: Attempt, text: string): void {
    this.failed(worker, attempt, FAILED, `${worker.name}: ${text}`, text);
  }

  /** @param error for the record, where it is the function's own */
  failed(
    worker: Worker | undefined,
    attempt: Attempt,
    end: JobEnd,
    why: string,
    error?: string,
  ): void {
    const result = resultOf(worker, attempt, end, 0);
    const wait = this.ledger.retryDelay(result);
    if (wait === undefined) {
      return this.reports.failed(result, attempt.order, worker?.shown, why, error);
    }
    const { job, number, order } = attempt;
    this.retries.add({ job, number: number + 1, order, due: runtime.now() + wait });
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
  const sent = sizeOfRecord(job);
  return { job, pid: worker?.pid, startedAt, endedAt, end, attempt: number, sent, received };
}

/** Bytes of a record. */
export function sizeOfRecord({ items }: Job): number {
  let size = 0;
  for (const { length } of valuesOf(items)) size += length;
  return size;
}
