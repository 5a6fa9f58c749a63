import { ImpError } from "../../base/errors.ts";
import { runtime } from "../../runtime/mod.ts";
import { StartPatience } from "../process/starter.ts";
import { type Attempt, Retries } from "../rules/retry.ts";
import type { JobSource } from "../settings.ts";
import type { RecordOutcomes } from "./record_reports.ts";
import { resultOf, type Worker } from "./worker.ts";
import type { WorkerSettings } from "./worker_settings.ts";
import type { WorkerProcesses } from "./worker_processes.ts";
import type { Job } from "../types.ts";

/** How long to wait when the machine cannot start a process. */
const LATER_MS = 100;
const ASK_AGAIN_MS = 1000;
/** How long a worker that has closed its stdin or stdout may take to end. */
const GRACE_MS = 2000;

/** Starts workers as needed and gives them records. */
export class Dispatcher<J extends Job = Job> {
  private feeding = true;
  /** The earliest time to give out records. */
  private notBefore = 0;
  /** The earliest time to start a worker: the machine refused one. */
  private startAfter = 0;
  private readonly patience = new StartPatience();
  private warned = false;
  private begun = false;

  constructor(
    private readonly settings: WorkerSettings,
    private readonly processes: WorkerProcesses<J>,
    private readonly queue: RecordQueue<J>,
    private readonly outcomes: RecordOutcomes<J>,
  ) {}

  /** How many workers have a record. */
  get busy(): number {
    let busy = 0;
    for (const { isBusy } of this.processes.workers.values()) if (isBusy) busy++;
    return busy;
  }

  /** Every record is answered or has failed, and no more will come. */
  get isDone(): boolean {
    if (this.busy > 0 || this.processes.trees.size > 0) return false;
    if (!this.feeding) return true;
    // One that is still starting may report that it cannot work.
    return this.queue.isEmpty &&
      ![...this.processes.workers.values()].some(({ books }) => !books.ready);
  }

  /** Gives out no further records. */
  stopFeeding(): void {
    this.feeding = false;
    this.queue.clear();
  }

  /** The work is done: workers see end of file. */
  dismiss(): void {
    for (const worker of this.processes.workers.values()) this.retire(worker);
  }

  /** It gets no more, and ends when it has answered what it has. */
  retire(worker: Worker): void {
    worker.books.leaving = true;
    if (!worker.isBusy) this.processes.closeInput(worker);
  }

  /** When something can be given out that cannot be now. */
  due(now: number): number {
    if (!this.feeding || !this.hasRoom) return Infinity;
    if (this.notBefore > now) return this.notBefore;
    return Math.min(this.queue.nextRetry, this.startAfter > now ? this.startAfter : Infinity);
  }

  wantsInput(now: number): boolean {
    return this.outcomes.mayGive === "all" && this.feeding && !this.queue.hasFront &&
      now >= this.notBefore && this.hasRoom;
  }

  /** Whether some worker could take a record now, or could be started for it. */
  private get hasRoom(): boolean {
    if (this.processes.size < this.settings.pool.jobLimit.value) return true;
    for (const { room } of this.processes.workers.values()) if (room > 0) return true;
    return false;
  }

  /** Gives out records: first one to each idle worker, then to newly started ones, then some ahead. */
  feed(now: number): void {
    const { workers } = this.processes;
    if (!this.feeding || now < this.notBefore || this.outcomes.mayGive === "none") return;
    this.fitJobs();
    if (this.settings.eager && !this.begun) this.start(now);
    this.begun = true;
    if (this.settings.pool.mayStart?.() === false) {
      this.notBefore = now + ASK_AGAIN_MS;
      return;
    }
    for (let level = 0, deeper = true; deeper && now >= this.notBefore; level++) {
      deeper = false;
      for (const worker of workers.values()) {
        if (worker.room <= 0) continue;
        if (worker.books.owed > level || this.giveNext(worker, now)) deeper = true;
      }
      if (level === 0) this.startAsNeeded(now);
    }
    for (const worker of workers.values()) if (worker.transport.hasUnsent) this.send(worker);
  }

  /** Sends what it was given, as far as its pipe takes it. */
  send(worker: Worker<J>): void {
    const sent = worker.send();
    this.processes.watchInput(worker, sent === "blocked");
    // It has ended or closed its input; which records it has read is decided when it has ended.
    if (sent === "gone") this.leaves(worker);
  }

  /** It has closed one of its ends: it should end now. */
  leaves(worker: Worker<J>): void {
    this.retire(worker);
    if (worker.grace === Infinity && !worker.ending) worker.grace = runtime.now() + GRACE_MS;
  }

  /** @returns whether it got one */
  private giveNext(worker: Worker<J>, now: number): boolean {
    for (;;) {
      const may = now < this.notBefore ? "none" : this.outcomes.mayGive;
      if (may === "none") return false;
      const attempt = this.queue.take(now, may === "all");
      if (!attempt) return false;
      const bytes = this.settings.program.protocol.encode(attempt.job);
      if (typeof bytes === "string") {
        const result = resultOf(undefined, attempt, { by: "start", errno: "EINVAL" });
        this.outcomes.failed(result, attempt.order, undefined, bytes);
        continue;
      }
      worker.give(attempt, bytes, now);
      if (worker.books.spent) worker.books.leaving = true;
      const { delay } = this.settings.pool;
      if (delay > 0) this.notBefore = now + delay;
      return true;
    }
  }

  /** Starts workers as long as records wait. */
  private startAsNeeded(now: number): void {
    const { pool, program } = this.settings;
    while (
      this.processes.size < pool.jobLimit.value && now >= this.notBefore && now >= this.startAfter
    ) {
      if (!this.queue.peek(now, this.outcomes.mayGive === "all")) return;
      const worker = this.start(now);
      // One that reports when it is ready gets its record then; the loop comes back here for the next.
      if (!worker || program.protocol.greets) return;
      this.giveNext(worker, now);
    }
  }

  /** @throws ImpError if the machine has refused starts for long, and none works */
  private start(now: number): Worker<J> | undefined {
    const worker = this.processes.start();
    if (!(worker instanceof ImpError)) {
      this.patience.restore();
      return worker;
    }
    if (this.patience.isOver(worker.errno, this.processes.workers.size, now)) throw worker;
    if (!this.warned) this.settings.warn(`${worker.message}; trying again`);
    this.warned = true;
    this.startAfter = now + LATER_MS;
    return undefined;
  }

  /** After SIGUSR2, or a change of `--jobs-file`, there may be too many. */
  private fitJobs(): void {
    const { workers } = this.processes;
    if (workers.size <= this.settings.pool.jobLimit.value) return;
    const staying = [...workers.values()].filter(({ books }) => !books.leaving);
    for (const worker of staying.slice(this.settings.pool.jobLimit.value)) this.retire(worker);
  }
}

/** The order of records: returned ones, those to be tried again, then new ones. */
export class RecordQueue<J extends Job = Job> {
  private readonly retries = new Retries<J>();
  /** When a record is to be tried again. */
  nextRetry = Infinity;
  private returned: Attempt<J>[] = [];
  private front: Attempt<J> | undefined;
  private submitted = 0;

  constructor(private readonly source: JobSource<J>) {}

  /** The next record, left in place. @param fresh whether it may be a new one */
  peek(now: number, fresh: boolean): Attempt<J> | undefined {
    return this.front ??= this.old(now) ?? (fresh ? this.fresh() : undefined);
  }

  take(now: number, fresh: boolean): Attempt<J> | undefined {
    const next = this.peek(now, fresh);
    this.front = undefined;
    return next;
  }

  /** A worker did not begin these: others get them, before new ones. */
  giveBack(records: readonly Attempt<J>[]): void {
    this.returned.push(...records);
    this.returned.sort((a, b) => a.order - b.order);
  }

  /** Another attempt, once its time has come. */
  retry(attempt: Attempt<J>): void {
    this.retries.add(attempt);
    this.nextRetry = this.retries.nextDue;
  }

  /** Nothing is here, and nothing will come but from workers. */
  get isEmpty(): boolean {
    return !this.hasFront && this.nextRetry === Infinity && this.source.ended;
  }

  /** A record waits for a worker. */
  get hasFront(): boolean {
    return this.front !== undefined || this.returned.length > 0;
  }

  clear(): void {
    this.takeWaiting();
    this.retries.clear();
    this.nextRetry = Infinity;
  }

  /** Records taken from the source that are with no worker: now the caller's. */
  takeWaiting(): Attempt<J>[] {
    const waiting = this.front ? [this.front, ...this.returned] : this.returned;
    this.front = undefined;
    this.returned = [];
    return waiting;
  }

  private old(now: number): Attempt<J> | undefined {
    if (this.returned.length > 0) return this.returned.shift();
    if (this.nextRetry > now) return undefined;
    const attempt = this.retries.take(now);
    this.nextRetry = this.retries.nextDue;
    return attempt;
  }

  private fresh(): Attempt<J> | undefined {
    const job = this.source.next();
    return job && { job, number: 1, order: ++this.submitted, due: 0 };
  }
}
