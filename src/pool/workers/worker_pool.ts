import { runtime } from "../../runtime/mod.ts";
import type { Ledger } from "../ledger.ts";
import { Loop, type Stop, type Work } from "../loop.ts";
import type { JobSource, Ticker } from "../settings.ts";
import { OutputWriter } from "../writer.ts";
import { Collector, StderrRelay } from "./collector.ts";
import { Deaths } from "./deaths.ts";
import { Dispatcher, RecordQueue } from "./dispatcher.ts";
import { AnswerPrinter, Outcomes } from "./outcomes.ts";
import type { WorkerSettings } from "./worker.ts";
import { Watchdog } from "./watchdog.ts";
import { WorkerProcesses } from "./worker_processes.ts";

/** After the last answer workers have so long to end by themselves. */
const LINGER_MS = 10_000;

/** Keeps some processes of one program running and feeds them the records of a source, one answer each. */
export class WorkerPool implements Work {
  private readonly writer = new OutputWriter();
  private readonly answers: AnswerPrinter;
  private readonly processes: WorkerProcesses;
  private readonly dispatcher: Dispatcher;
  private readonly collector: Collector;
  private readonly deaths: Deaths;
  private readonly watchdog: Watchdog;
  private readonly loop: Loop;
  private lingerUntil = Infinity;

  constructor(
    private readonly settings: WorkerSettings,
    private readonly source: JobSource,
    private readonly ledger: Ledger,
    ticker: Ticker,
  ) {
    const { writer } = this;
    const others = () => [...this.processes.given(), ...this.answers.unprinted];
    this.answers = new AnswerPrinter(
      writer,
      settings.pool.inOrder,
      (seqs, rows) => ledger.settle(seqs, rows, others),
    );
    const processes = this.processes = new WorkerProcesses(settings);
    const queue = new RecordQueue(source);
    const outcomes = new Outcomes(settings, ledger, writer, this.answers, queue.retries, {
      others,
      closed: () => this.decide(),
    });
    const dispatcher = this.dispatcher = new Dispatcher(settings, processes, queue, outcomes);
    const relay = new StderrRelay(writer);
    const collector = this.collector = new Collector(processes, dispatcher, outcomes, relay);
    this.deaths = new Deaths(settings, processes, queue, dispatcher, collector, outcomes);
    this.watchdog = new Watchdog(settings, processes, ledger, (one) => dispatcher.retire(one));
    this.loop = new Loop(this, {
      settings: settings.pool,
      source,
      ledger,
      ticker,
      writer,
      processes: processes.processes,
    });
  }

  /** A worker ended badly although all its records were answered. */
  get troubled(): boolean {
    return this.deaths.troubled;
  }

  /** @returns why it stopped early, if it did; no process that it started is left then */
  run(): Promise<Stop | undefined> {
    return this.loop.run();
  }

  get busy(): number {
    return this.dispatcher.busy;
  }

  get isDone(): boolean {
    return this.dispatcher.isDone;
  }

  get held(): boolean {
    return false;
  }

  get unprinted(): readonly number[] {
    return this.answers.unprinted;
  }

  get live(): number {
    return this.writer.congested && !this.loop.stop ? -1 : this.processes.fd;
  }

  begin(): void {
    if (!this.loop.stop) {
      const now = runtime.now();
      this.dispatcher.feed(now);
      this.conclude(now);
    }
    this.answers.flush();
  }

  wantsInput(now: number): boolean {
    return this.dispatcher.wantsInput(now);
  }

  listen(): void {
    this.collector.listen();
  }

  reap(): void {
    this.processes.reap((worker, ending) => this.deaths.ended(worker, ending));
  }

  look(now: number): void {
    if (!this.loop.stop) this.watchdog.look(now, this.collector.answered > 0);
  }

  due(now: number): number {
    if (this.loop.stop) return Infinity;
    const linger = this.loop.end.busy ? Infinity : this.lingerUntil;
    return Math.min(this.watchdog.due(), this.dispatcher.due(now), linger);
  }

  stopped(): void {
    this.collector.stop();
    this.deaths.stop();
    this.dispatcher.stopFeeding();
  }

  lastWords(): void {
    this.processes.trees.giveUp();
    this.answers.finish();
  }

  /** The time in which nobody could work is nobody's. */
  wasSuspended(ms: number): void {
    for (const worker of this.processes.workers.values()) worker.wasSuspended(ms);
    this.lingerUntil += ms;
  }

  nameOf(pid: number): string | undefined {
    const worker = this.processes.workers.get(pid);
    return worker && `worker ${worker.slot}`;
  }

  /** Whether the record that was closed just now was the last that is wanted. */
  private decide(): void {
    const decision = this.ledger.halt(this.busy, this.source.total);
    if (decision === "now") this.loop.stopNow({ why: "halt" });
    if (decision === "soon") this.dispatcher.stopFeeding();
  }

  /** Once every record has its answer or has failed, workers are sent home. */
  private conclude(now: number): void {
    if (!this.isDone || this.loop.end.busy || this.loop.end.over) return;
    if (this.lingerUntil === Infinity) {
      this.lingerUntil = now + LINGER_MS;
      this.dispatcher.dismiss();
    } else if (now >= this.lingerUntil && this.processes.workers.size > 0) {
      for (const { name } of this.processes.workers.values()) {
        this.settings.warn(`${name} did not end when its input ended: it is ended`);
      }
      this.loop.end.begin(now);
    }
  }
}
