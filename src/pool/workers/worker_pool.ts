import { runtime } from "../../runtime/mod.ts";
import type { Ledger } from "../account/ledger.ts";
import { Loop, type Stop, type Work } from "../loop.ts";
import type { JobSource, Ticker } from "../settings.ts";
import type { JobResult } from "../types.ts";
import { OutputWriter } from "../output/writer.ts";
import { Crew } from "./crew.ts";
import { RecordReports } from "./record_reports.ts";
import type { WorkerSettings } from "./worker_settings.ts";

/** Keeps some processes of one program running and feeds them a source's records, one answer each. */
export class WorkerPool implements Work {
  private readonly writer = new OutputWriter();
  private readonly reports: RecordReports;
  private readonly crew: Crew;
  private readonly loop: Loop;

  constructor(
    settings: WorkerSettings,
    private readonly source: JobSource,
    private readonly ledger: Ledger,
    ticker: Ticker,
  ) {
    const { writer } = this;
    const { pool, json, program: { protocol: { terminator } } } = settings;
    const reports = this.reports = new RecordReports({ pool, json, terminator }, ledger, writer, {
      given: () => this.crew.processes.given(),
      closed: () => this.decide(),
      retried: (result, order) => this.retry(result, order),
    });
    this.crew = new Crew(settings, { source, ledger, writer, outcomes: reports });
    const { processes } = this.crew.processes;
    this.loop = new Loop(this, { settings: pool, source, ledger, ticker, writer, processes });
  }

  /** A worker failed although all its records were answered. */
  get troubled(): boolean {
    return this.crew.troubled;
  }

  /** @returns why it stopped early, if it did; then no process that it started is left */
  run(): Promise<Stop | undefined> {
    return this.loop.run();
  }

  get busy(): number {
    return this.crew.dispatcher.busy;
  }

  get isDone(): boolean {
    return this.crew.dispatcher.isDone;
  }

  get held(): boolean {
    return false;
  }

  get unprinted(): readonly number[] {
    return this.reports.unprinted;
  }

  get live(): number {
    return this.writer.congested && !this.loop.stop ? -1 : this.crew.processes.fd;
  }

  begin(): void {
    if (!this.loop.stop) {
      const now = runtime.now();
      this.crew.dispatcher.feed(now);
      this.crew.conclude(now, this.loop.end);
    }
    this.reports.flush();
  }

  wantsInput(now: number): boolean {
    return this.crew.dispatcher.wantsInput(now);
  }

  listen(): void {
    this.crew.listen();
  }

  reap(): void {
    this.crew.reap();
  }

  look(now: number): void {
    if (!this.loop.stop) this.crew.look(now);
  }

  due(now: number): number {
    return this.loop.stop ? Infinity : this.crew.due(now, this.loop.end);
  }

  stopped(): void {
    this.crew.stop();
  }

  lastWords(): void {
    this.crew.processes.trees.giveUp();
    this.reports.finish();
  }

  wasSuspended(ms: number): void {
    this.crew.wasSuspended(ms);
  }

  nameOf(pid: number): string | undefined {
    return this.crew.nameOf(pid);
  }

  /** @returns whether there will be another attempt */
  private retry(result: JobResult, order: number): boolean {
    const wait = this.ledger.retryDelay(result);
    if (wait === undefined) return false;
    const { job, attempt } = result;
    this.crew.queue.retry({ job, number: attempt + 1, order, due: runtime.now() + wait });
    return true;
  }

  /** Whether the record that was closed just now was the last that is wanted. */
  private decide(): void {
    const decision = this.ledger.halt(this.busy, this.source.total);
    if (decision === "now") this.loop.stopNow({ why: "halt" });
    if (decision === "soon") this.crew.dispatcher.stopFeeding();
  }
}
