import { ImpError } from "../base/errors.ts";
import { readAt } from "../libc/descriptors/spool.ts";
import type { Stream } from "../pool/process/capture.ts";
import type { ExitedJob } from "../pool/process/job_processes.ts";
import { joblogRow } from "../pool/account/joblog.ts";
import { peakMemory } from "../procfs/usage.ts";
import type { JobResult } from "../pool/types.ts";
import { ABRIDGED } from "./abridged.ts";
import { reportPage } from "./page.ts";
import { ReportRows } from "./rows.ts";
import { TAIL_BYTES, tailOf } from "./tail.ts";
import type { RunContext } from "./view.ts";
import { replaceFile } from "./write_page.ts";

/** While a pool runs, its page is written at most this often, and takes at most this share of its time. */
const EVERY_MS = 5000;
const MOST_OF_TIME = 1 / 100;

type RunState = Pick<RunContext, "state" | "running" | "total">;

/** Follows a pool and keeps its page up to date. */
export class RunRecorder {
  private readonly rows = new ReportRows();
  private readonly decoder = new TextDecoder();
  private written = -1;
  private peak = 0;
  private lost: ImpError | undefined;
  /** When the page is written next, on the clock of runtime.now(). */
  due: number;

  /** Writes a first page. @throws ImpError if that fails: before any job has started */
  constructor(
    private readonly path: string,
    private readonly source: string,
    private readonly now: () => number,
  ) {
    this.write({ state: "running" });
    this.due = now() + EVERY_MS;
  }

  /** A job has ended for good. */
  add(result: JobResult, exited: ExitedJob | undefined, command: Uint8Array): void {
    const row = joblogRow(result, command);
    if (!row) return;
    const failed = row.exit !== 0 || row.signal !== 0;
    const capture = exited?.running.capture;
    const usage = exited?.usage;
    this.rows.add({
      ...row,
      start: Math.round(row.start * 1000),
      runtime: Math.round(row.runtime * 1000),
      command: this.decoder.decode(command),
      slot: exited?.running.slot,
      cpu: usage && usage.userTime + usage.systemTime,
      memory: usage && this.memoryOf(usage.maxResident, result.host),
      tail: failed && capture && this.rows.wantsTails
        ? tailOf([endOf(capture.out), endOf(capture.err)])
        : undefined,
    });
  }

  /** Writes the page of a running pool. If that fails now, it is tried again later: no job suffers. */
  tick(running: number, total: number | undefined): void {
    const begin = this.now();
    if (begin < this.due) return;
    if (this.rows.length !== this.written) {
      try {
        this.write({ state: "running", running, total });
        this.lost = undefined;
      } catch (error) {
        if (!(error instanceof ImpError)) throw error;
        this.lost = error;
      }
    }
    const end = this.now();
    this.due = end + Math.max(EVERY_MS, (end - begin) / MOST_OF_TIME);
  }

  /** Writes the last page. @throws ImpError */
  finish(stopped: boolean, total: number | undefined): void {
    this.write({ state: stopped ? "stopped" : "ended", total });
  }

  /** As in the records of the pool, see {@link peakMemory}; imp's own peak is read only if it can matter. */
  private memoryOf(bytes: number, host: string | undefined): number | undefined {
    // What a worker there measured is the job's own.
    if (host !== undefined) return bytes || undefined;
    if (bytes > this.peak) this.peak = peakMemory();
    return bytes > this.peak ? bytes : undefined;
  }

  private write(state: RunState): void {
    const notes = this.rows.abridged ? [ABRIDGED] : [];
    const context = { ...state, source: this.source, madeAt: Date.now(), notes };
    replaceFile(this.path, reportPage(this.rows, context));
    this.written = this.rows.length;
  }
}

function endOf(stream: Stream): string {
  let text = "";
  let wanted = TAIL_BYTES;
  for (const { fd, from, to } of stream.pieces().reverse()) {
    const count = Math.min(wanted, to - from);
    const block = readAt(fd, to - count, count);
    if (typeof block === "number") break;
    text = new TextDecoder().decode(block) + text;
    wanted -= count;
    if (wanted <= 0) break;
  }
  return text;
}
