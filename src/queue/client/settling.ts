import type { QueueSubjects } from "../names.ts";
import { NumberRanges } from "../ranges.ts";
import { encodeRunSettled, type RunSettled } from "../run_records.ts";
import type { StreamCalls } from "../stream_calls.ts";

/** What was printed so many milliseconds before a kill may be printed again. */
const EVERY_MS = 20;
/** Looks without a record after which one is made all the same. */
const QUIET_LOOKS = 10;

/** Records on the server what was printed of a run: each record is complete. */
export class Settling {
  private readonly settled: NumberRanges;
  private failed: number;
  private status: number;
  private number = 0;
  private dirty = false;
  private writing = false;
  private quiet = 0;
  private whenWritten: (() => void)[] = [];
  private readonly session = crypto.randomUUID().slice(0, 8);

  constructor(
    private readonly calls: StreamCalls,
    private readonly subjects: QueueSubjects,
    private readonly run: string,
    before: RunSettled | undefined,
  ) {
    this.settled = before?.settled ?? new NumberRanges();
    this.failed = before?.failed ?? 0;
    this.status = before?.status ?? 0;
  }

  /** @param status the job's exit status */
  add(seq: number, status: number): void {
    if (this.settled.has(seq)) return;
    this.settled.add(seq);
    if (status !== 0) {
      this.failed++;
      this.status = status;
    }
    this.dirty = true;
    if (!this.writing) this.write();
  }

  /** Once a second. While results are waited for, and none come, a record shows whether the servers still store anything. */
  look(isWaiting: boolean): void {
    this.quiet = isWaiting ? this.quiet + 1 : 0;
    if (this.quiet >= QUIET_LOOKS && !this.writing) this.write();
  }

  /** Nobody wants to know it any more. */
  stop(): void {
    this.writing = true;
    this.dirty = false;
  }

  /** @param done called once the server has everything */
  finish(done: () => void): void {
    if (this.writing) this.whenWritten.push(done);
    else done();
  }

  private write(): void {
    this.writing = true;
    this.dirty = false;
    this.quiet = 0;
    const { settled, failed, status, calls, subjects, run, session } = this;
    const data = encodeRunSettled({ settled, failed, status });
    const id = `settled.${run}.${session}.${++this.number}`;
    calls.keep({ subject: subjects.run(run, "settled"), data, id }, () => {
      setTimeout(() => {
        if (this.dirty) return this.write();
        this.writing = false;
        for (const done of this.whenWritten.splice(0)) done();
      }, EVERY_MS);
    });
  }
}
