import { ImpError } from "../../base/errors.ts";
import { runtime } from "../../runtime/mod.ts";
import { StartPatience } from "../patience.ts";
import type { Accounts } from "./accounts.ts";
import type { Desk } from "./desk.ts";
import type { WorkerSettings } from "./settings.ts";
import type { Staff } from "./staff.ts";
import type { Worker } from "./worker.ts";

/** How long to wait when the machine cannot start a process. */
const LATER_MS = 100;
const ASK_AGAIN_MS = 1000;
/** A worker that has closed its stdin or stdout has so long to end by itself. */
const GRACE_MS = 2000;

/** Which records may be given out: all, only those that were given out before, or none. */
export type May = "all" | "old" | "none";

/** Starts workers as they are needed and gives them records. */
export class Foreman {
  private feeding = true;
  /** Nothing is given out before. */
  private notBefore = 0;
  /** No worker is started before: the machine could not do it. */
  private hireAfter = 0;
  private readonly patience = new StartPatience();
  private warned = false;
  private begun = false;

  constructor(
    private readonly settings: WorkerSettings,
    private readonly staff: Staff,
    private readonly desk: Desk,
    private readonly accounts: Accounts,
  ) {}

  /** How many workers have a record. */
  get busy(): number {
    let busy = 0;
    for (const { flight } of this.staff.workers.values()) if (flight.length > 0) busy++;
    return busy;
  }

  /** Every record has its answer or has failed, and nothing more comes. */
  get isDone(): boolean {
    if (this.busy > 0 || this.staff.trees.size > 0) return false;
    if (!this.feeding) return true;
    // One that is still starting may yet say that it cannot work.
    return this.desk.isEmpty && ![...this.staff.workers.values()].some(({ ready }) => !ready);
  }

  /** No further record is given out. */
  stopFeeding(): void {
    this.feeding = false;
    this.desk.clear();
  }

  /** The work is done: workers see the end of their input. */
  dismiss(): void {
    for (const worker of this.staff.workers.values()) this.retire(worker);
  }

  /** It gets nothing more, and ends when it has answered what it has. */
  retire(worker: Worker): void {
    worker.retiring = true;
    if (worker.flight.length === 0) this.staff.closeInput(worker);
  }

  /** When something can be given out that cannot be now. */
  due(now: number): number {
    if (!this.feeding || !this.hasRoom) return Infinity;
    if (this.notBefore > now) return this.notBefore;
    return Math.min(this.desk.retries.nextDue, this.hireAfter > now ? this.hireAfter : Infinity);
  }

  wantsInput(now: number): boolean {
    return this.feeding && !this.desk.hasFront && now >= this.notBefore && this.hasRoom;
  }

  /** Whether somebody could take a record now, or could be hired for it. */
  private get hasRoom(): boolean {
    if (this.staff.size < this.settings.pool.jobs) return true;
    for (const { room } of this.staff.workers.values()) if (room > 0) return true;
    return false;
  }

  /** Gives records out: first one to each worker that has none, then new workers are started, then some ahead. */
  feed(now: number, may: () => May): void {
    const { workers } = this.staff;
    if (!this.feeding || now < this.notBefore || may() === "none") return;
    this.fitJobs();
    if (this.settings.eager && !this.begun) this.hire(now);
    this.begun = true;
    if (this.settings.pool.mayStart?.() === false) {
      this.notBefore = now + ASK_AGAIN_MS;
      return;
    }
    for (let level = 0, deeper = true; deeper && now >= this.notBefore; level++) {
      deeper = false;
      for (const worker of workers.values()) {
        if (worker.room <= 0) continue;
        if (worker.flight.length > level || this.giveNext(worker, now, may())) deeper = true;
      }
      if (level === 0) this.hireAsNeeded(now, may());
    }
    for (const worker of workers.values()) if (worker.hasUnsent) this.send(worker);
  }

  /** Sends what it was given, as far as its pipe takes it. */
  send(worker: Worker): void {
    const sent = worker.send();
    this.staff.watchInput(worker, sent === "blocked");
    // It has ended, or does not want any more; which records it has read is judged when it has ended.
    if (sent === "gone") this.leaves(worker);
  }

  /** It has closed one of its ends: it should end now. */
  leaves(worker: Worker): void {
    this.retire(worker);
    if (worker.grace === Infinity && !worker.ending) worker.grace = runtime.now() + GRACE_MS;
  }

  /** @returns whether it got one */
  private giveNext(worker: Worker, now: number, may: May): boolean {
    for (;;) {
      if (now < this.notBefore || may === "none") return false;
      const attempt = this.desk.take(now, may === "all");
      if (!attempt) return false;
      const bytes = this.settings.program.protocol.encode(attempt.job);
      if (typeof bytes === "string") {
        this.accounts.failed(undefined, attempt, { by: "start", errno: "EINVAL" }, bytes);
        continue;
      }
      worker.give(attempt, bytes);
      if (worker.given >= this.settings.maxTasks) worker.retiring = true;
      const { delay } = this.settings.pool;
      if (delay > 0) this.notBefore = now + delay;
      return true;
    }
  }

  /** Starts workers as long as there are records that nobody works on. */
  private hireAsNeeded(now: number, may: May): void {
    const { pool, program } = this.settings;
    while (this.staff.size < pool.jobs && now >= this.notBefore && now >= this.hireAfter) {
      if (!this.desk.peek(now, may === "all")) return;
      const worker = this.hire(now);
      // One that says when it is ready gets its record then; the loop comes back here for the next.
      if (!worker || program.protocol.greets) return;
      this.giveNext(worker, now, may);
    }
  }

  /** @throws ImpError when the machine has let none be started for long, and none works */
  private hire(now: number): Worker | undefined {
    const worker = this.staff.start();
    if (!(worker instanceof ImpError)) {
      this.patience.restore();
      return worker;
    }
    if (this.patience.isOver(worker.errno, this.staff.workers.size, now)) throw worker;
    if (!this.warned) this.settings.warn(`${worker.message}; trying again`);
    this.warned = true;
    this.hireAfter = now + LATER_MS;
    return undefined;
  }

  /** After SIGUSR2, or with a changed file of `--jobs-file`, there may be too many. */
  private fitJobs(): void {
    const { workers } = this.staff;
    if (workers.size <= this.settings.pool.jobs) return;
    const staying = [...workers.values()].filter(({ retiring }) => !retiring);
    for (const worker of staying.slice(this.settings.pool.jobs)) this.retire(worker);
  }
}
