import type { Ending } from "../../libc/processes/wait.ts";
import type { LoopEnd } from "../loop.ts";
import type { Ledger } from "../account/ledger.ts";
import type { JobSource } from "../settings.ts";
import type { OutputWriter } from "../output/writer.ts";
import { Collector, StderrRelay } from "./collector.ts";
import { Deaths } from "./deaths.ts";
import { Dispatcher, RecordQueue } from "./dispatcher.ts";
import type { RecordOutcomes } from "./record_reports.ts";
import type { Worker } from "./worker.ts";
import type { WorkerSettings } from "./worker_settings.ts";
import { Watchdog } from "./watchdog.ts";
import { WorkerProcesses } from "./worker_processes.ts";
import type { Job } from "../types.ts";

/** How long workers may take to end by themselves after the last answer. */
const LINGER_MS = 10_000;

/** Where records come from, and where their results go. */
export interface CrewParts<J extends Job = Job> {
  readonly source: JobSource<J>;
  readonly ledger: Pick<Ledger, "timeLimit">;
  /** Receives workers' stderr. */
  readonly writer: Pick<OutputWriter, "push">;
  readonly outcomes: RecordOutcomes<J>;
}

/** The workers of one program, and what manages them. Times are on the clock of runtime.now(). */
export class Crew<J extends Job = Job> {
  readonly processes: WorkerProcesses<J>;
  readonly queue: RecordQueue<J>;
  readonly dispatcher: Dispatcher<J>;
  private readonly collector: Collector<J>;
  private readonly deaths: Deaths<J>;
  private readonly watchdog: Watchdog;
  private lingerUntil = Infinity;

  constructor(
    private readonly settings: WorkerSettings,
    { source, ledger, writer, outcomes }: CrewParts<J>,
  ) {
    const processes = this.processes = new WorkerProcesses(settings);
    const queue = this.queue = new RecordQueue(source);
    const dispatcher = this.dispatcher = new Dispatcher(settings, processes, queue, outcomes);
    const relay = new StderrRelay(writer);
    const collector = this.collector = new Collector(processes, dispatcher, outcomes, relay);
    this.deaths = new Deaths(settings, processes, queue, dispatcher, collector, outcomes);
    this.watchdog = new Watchdog(settings, processes, ledger, (one) => dispatcher.retire(one));
  }

  /** A worker failed although all its records were answered. */
  get troubled(): boolean {
    return this.deaths.troubled;
  }

  /** Once every record is answered or has failed, dismisses workers, then ends those that stay. */
  conclude(now: number, end: LoopEnd): void {
    if (!this.dispatcher.isDone || end.busy || end.over) return;
    if (this.lingerUntil === Infinity) {
      this.lingerUntil = now + LINGER_MS;
      this.dispatcher.dismiss();
    } else if (now >= this.lingerUntil && this.processes.workers.size > 0) {
      for (const { name } of this.processes.workers.values()) {
        this.settings.warn(`${name} did not end when its input ended: it is ended`);
      }
      end.begin(now);
    }
  }

  listen(): void {
    this.collector.listen();
  }

  reap(): void {
    this.processes.reap((worker: Worker<J>, ending: Ending) => this.deaths.ended(worker, ending));
  }

  look(now: number): void {
    this.watchdog.look(now, this.collector.answered > 0);
  }

  due(now: number, end: LoopEnd): number {
    const linger = end.busy ? Infinity : this.lingerUntil;
    return Math.min(this.watchdog.due(), this.dispatcher.due(now), linger);
  }

  /** Ends a worker by the configured steps. */
  end(worker: Worker<J>, now: number): void {
    this.watchdog.end(worker, now);
  }

  /** Answers are ignored from now on, and nothing is given out. */
  stop(): void {
    this.collector.stop();
    this.deaths.stop();
    this.dispatcher.stopFeeding();
  }

  /** Does not charge the time in which nobody could work. */
  wasSuspended(ms: number): void {
    for (const worker of this.processes.workers.values()) worker.wasSuspended(ms);
    this.lingerUntil += ms;
  }

  nameOf(pid: number): string | undefined {
    const worker = this.processes.workers.get(pid);
    return worker && `worker ${worker.shown}`;
  }
}
