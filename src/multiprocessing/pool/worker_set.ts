import { FAULT_SIGNALS } from "../../libc/abi_signals.ts";
import { signalName } from "../../libc/processes/signals.ts";
import { StartFailures } from "../../workers/start_failures.ts";
import { PoolBroken, WorkerDied } from "./errors.ts";
import { type ClaimPages, leftNothing } from "./claim.ts";
import { describeTarget, type TargetReference } from "../process/target.ts";
import { PoolWorker, type Task, type WorkerMessage, type WorkerProcess } from "./worker.ts";

/** What a worker's process reports. */
export interface WorkerEvents {
  message(message: WorkerMessage): void;
  unreadable(error: unknown): void;
  /** Whether it has reported that nothing its tasks started is left. Not called after `ended`. */
  leftNothing(): boolean;
  /** It is gone, and everything that it sent has arrived. */
  ended(exitcode: number): void;
  /** After the end: nothing that its tasks started is left. */
  cleared(): void;
}

/** A worker's process, which can be told to end. */
export interface StartedWorker extends WorkerProcess {
  /** Ends it whatever it is doing, with everything its tasks have started. After that only its end is reported. */
  terminate(): void;
}

/** Starts a worker's process. @throws ImpError if that is not possible */
export type StartWorker = (events: WorkerEvents) => StartedWorker;

type Worker = PoolWorker & { process: StartedWorker };

/** What the workers report to their pool. */
export interface WorkerSetEvents {
  /** A worker can take tasks. */
  room(): void;
  /** These have not been begun and need another worker, before all others. */
  returned(tasks: Task[]): void;
  /** Whether to replace a worker that has ended. */
  replace(): boolean;
  /** A task has died with its worker. */
  lost(task: Task, error: WorkerDied): void;
  broken(error: PoolBroken): void;
  /** A worker has ended, with everything its tasks have started, and may not be replaced. */
  ended(): void;
}

export interface PoolPlan {
  readonly size: number;
  readonly initializer: TargetReference | undefined;
  readonly initargs: readonly unknown[];
  readonly maxTasksPerChild: number;
}

/** How many workers in a row may exit, or fail fatally, before they are ready. */
const MOST_FAILED = 3;
/** How many may be killed: the reason would be that they need too much memory. */
const MOST_KILLED = 100;

/** Processes per worker, including those about to end. */
export const MOST_PROCESSES = 2;

/** The workers of a pool: starts, replaces and ends them. */
export class WorkerSet {
  #workers = new Set<Worker>();
  /** Workers that have ended and whose remains are being ended. */
  #clearing = 0;
  #starts = new StartFailures(MOST_FAILED, MOST_KILLED);
  #referenced = false;

  constructor(
    private readonly plan: PoolPlan,
    private readonly pages: ClaimPages,
    private readonly start: StartWorker,
    private readonly events: WorkerSetEvents,
  ) {}

  /** No worker is left, nor anything started by one. */
  get gone(): boolean {
    return this.#workers.size === 0 && this.#clearing === 0;
  }

  get pids(): number[] {
    return [...this.#workers].map(({ pid }) => pid);
  }

  /** Tasks that workers have not answered yet. */
  get load(): number {
    let load = 0;
    for (const worker of this.#workers) load += worker.load;
    return load;
  }

  /** Whether tasks wait at a worker while it runs another one. */
  get queues(): boolean {
    for (const worker of this.#workers) if (worker.load > 1) return true;
    return false;
  }

  /** Starts workers up to their full number. @throws ImpError */
  fill(): void {
    let working = 0;
    for (const { dismissed } of this.#workers) if (!dismissed) working++;
    // Of those told to end, some may take their time.
    const most = MOST_PROCESSES * this.plan.size;
    for (; working < this.plan.size && this.#workers.size < most; working++) this.#add();
  }

  /** The worker to give the next task to: the least loaded one that wants more. */
  hungriest(): PoolWorker | undefined {
    let best: PoolWorker | undefined;
    for (const worker of this.#workers) {
      if (worker.hungry && (!best || worker.load < best.load)) best = worker;
    }
    return best;
  }

  /** Takes back what waits behind long tasks. */
  takeBack(): void {
    for (const worker of this.#workers) {
      const tasks = worker.takeBackIfStuck();
      if (tasks.length > 0) this.events.returned(tasks);
    }
  }

  /** Lets the workers end once they have done what they have. */
  dismiss(): void {
    for (const worker of this.#workers) if (!worker.dismissed) worker.dismiss();
  }

  terminate(): void {
    for (const worker of this.#workers) worker.process.terminate();
  }

  /** Whether waiting for a worker keeps the event loop alive. */
  reference(referenced: boolean): void {
    this.#referenced = referenced;
    for (const { process } of this.#workers) referenced ? process.ref() : process.unref();
  }

  #add(): void {
    const claim = this.pages.take();
    const process = this.start({
      message: (message) => this.#hear(worker, message),
      unreadable: (error) => {
        worker.hearUnreadable(error);
        this.#answered(worker);
      },
      leftNothing: () => leftNothing(claim.word),
      ended: (exitcode) => this.#ended(worker, exitcode),
      cleared: () => this.#cleared(),
    });
    const worker = new PoolWorker(process, claim, this.plan.maxTasksPerChild) as Worker;
    this.#workers.add(worker);
    if (this.#referenced) process.ref();
    worker.setUp(this.plan.initializer, this.plan.initargs);
  }

  #hear(worker: Worker, message: WorkerMessage): void {
    const news = worker.hear(message);
    if (news === "answered") return this.#answered(worker);
    if (news === "ready") {
      this.#starts.succeeded();
      return this.events.room();
    }
    this.#broken("the pool's initializer failed", news.broken);
  }

  #answered(worker: Worker): void {
    if (worker.spent && !worker.dismissed) {
      worker.dismiss();
      if (this.events.replace()) this.#refill();
    }
    this.events.room();
  }

  #ended(worker: Worker, exitcode: number): void {
    this.#workers.delete(worker);
    this.pages.give(worker.claim);
    this.#clearing++;
    const { lost, unbegun } = worker.settle();
    if (unbegun.length > 0) this.events.returned(unbegun);
    if (lost) this.events.lost(lost, workerDied(worker.pid, exitcode, lost));
    if (!worker.ready && this.events.replace() && this.#starts.failed(isOwnDoing(exitcode))) {
      this.#broken(
        `several workers in a row ended before they were ready; the last one ${ending(exitcode)}`,
      );
    }
    if (this.events.replace()) this.#refill();
  }

  #cleared(): void {
    this.#clearing--;
    this.events.ended();
  }

  /** Later workers may be impossible to start even if the first ones were not: too many processes, no memory. */
  #refill(): void {
    try {
      this.fill();
    } catch (error) {
      // The others go on; without any, nothing ever would.
      if (this.#workers.size === 0) this.#broken("no worker can be started", error);
    }
  }

  #broken(message: string, cause?: unknown): void {
    const reason = cause instanceof Error ? `: ${cause.message}` : "";
    this.events.broken(new PoolBroken(message + reason, { cause }));
  }
}

/** Whether it exited, or was ended for what it did itself. */
export function isOwnDoing(exitcode: number): boolean {
  return exitcode >= 0 || FAULT_SIGNALS.includes(-exitcode);
}

function workerDied(pid: number, exitcode: number, { fn }: Task): WorkerDied {
  return new WorkerDied(
    `worker ${pid} ${ending(exitcode)} while it ran ${describeTarget(fn.reference)}`,
    pid,
    exitcode,
  );
}

function ending(exitcode: number): string {
  return exitcode < 0
    ? `was killed by ${signalName(-exitcode)}`
    : `left with exit status ${exitcode}`;
}
