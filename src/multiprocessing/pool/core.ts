import { runtime } from "../../runtime/mod.ts";
import { Deque } from "../../base/deque.ts";
import type { Feeder } from "./imap_iterator.ts";
import type { Waiting } from "./outcome.ts";
import { ClaimPages } from "./claim.ts";
import { MOST_PROCESSES, type PoolPlan, type StartWorker, WorkerSet } from "./worker_set.ts";
import { PoolBroken, PoolTerminated } from "./errors.ts";
import type { Task } from "./worker.ts";

/** How often the pool looks for tasks waiting behind a long one. */
const LOOK_MS = 5;

/** Tasks, workers, and the rules between them. Nothing here refers to the user's Pool, which may be collected. */
export class PoolCore implements Waiting {
  #state: PoolState = "open";
  #pending = new Deque<Task>();
  #feeders = new Set<Feeder>();
  #broken: PoolBroken | undefined;
  #waiting = 0;
  #looking = false;
  #joiners: (() => void)[] = [];
  readonly #pages: ClaimPages;
  readonly #workers: WorkerSet;

  /** @throws ImpError if its processes cannot be started */
  constructor(readonly plan: PoolPlan, start: StartWorker) {
    this.#pages = new ClaimPages(MOST_PROCESSES * plan.size);
    this.#workers = new WorkerSet(plan, this.#pages, start, {
      room: () => this.#pump(),
      returned: (tasks) => this.#takeBack(tasks),
      replace: () => decide(this.#state, "workerEnded").actions.includes("replace") && this.#needed,
      lost: (task, error) => {
        const reason = this.#state === "ending" ? this.#refusal() : error;
        task.settle({ ok: false, error: reason });
      },
      broken: (error) => this.#break(error),
      ended: () => this.#workerEnded(),
    });
    try {
      this.#workers.fill();
    } catch (error) {
      this.#workers.terminate();
      throw error;
    }
  }

  /** In one word. */
  get state(): string {
    return this.#broken ? "broken" : this.#state;
  }

  get pids(): number[] {
    return this.#workers.pids;
  }

  /** Whether there is nothing left to do. */
  get idle(): boolean {
    return this.#pending.size === 0 && this.#feeders.size === 0 && this.#workers.load === 0;
  }

  /** @throws PoolBroken; Error `Pool not running` */
  checkOpen(): void {
    if (this.#broken) throw new PoolBroken(this.#broken.message, { cause: this.#broken.cause });
    if (!decide(this.#state, "submit").actions.includes("accept")) {
      throw new Error("Pool not running");
    }
  }

  /** Submits a task; the caller first calls {@link checkOpen} unless it is a feeder. */
  submit(task: Task): void {
    if (this.#broken || this.#state === "ending" || this.#state === "ended") {
      return task.settle({ ok: false, error: this.#refusal() });
    }
    this.#pending.push(task);
    this.#pump();
  }

  addFeeder(feeder: Feeder): void {
    this.#feeders.add(feeder);
  }

  removeFeeder(feeder: Feeder): void {
    if (this.#feeders.delete(feeder)) this.#checkDrained();
  }

  close(): void {
    this.#happen("close");
    this.#checkDrained();
  }

  terminate(): void {
    this.#happen("terminate");
  }

  /** Nobody can submit anything more; those waiting for a result still get it. */
  abandon(): void {
    if (this.idle) this.terminate();
    else this.close();
  }

  /** Resolves when no worker is left. @throws Error `Pool is still running` */
  join(): Promise<void> {
    if (!mayJoin(this.#state)) throw new Error("Pool is still running");
    if (this.#state === "ended") return Promise.resolve();
    for (const feeder of [...this.#feeders]) feeder.unbound();
    this.hold();
    return new Promise((resolve) => {
      this.#joiners.push(() => {
        this.release();
        resolve();
      });
      this.#workerEnded();
    });
  }

  hold(): void {
    if (this.#waiting++ === 0) this.#workers.reference(true);
  }

  release(): void {
    if (--this.#waiting === 0) this.#workers.reference(false);
  }

  get #needed(): boolean {
    return this.#state === "open" || !this.idle;
  }

  #pump(): void {
    while (this.#pending.size > 0) {
      const worker = this.#workers.hungriest();
      if (!worker) break;
      // No more than its share: the others are hungry too, or will be.
      const share = Math.ceil(this.#pending.size / this.plan.size);
      for (let n = Math.min(worker.room, share); n > 0; n--) worker.give(this.#pending.shift()!);
    }
    this.#watch();
    this.#checkDrained();
  }

  #takeBack(tasks: Task[]): void {
    for (let i = tasks.length - 1; i >= 0; i--) this.#pending.unshift(tasks[i]);
    if (this.#broken || this.#state === "ending") this.#drop();
    else this.#pump();
  }

  /** Checks from time to time whether tasks wait behind a long one. */
  #watch(): void {
    if (this.#looking || !this.#workers.queues) return;
    this.#looking = true;
    const timer = setTimeout(() => {
      this.#looking = false;
      this.#workers.takeBack();
      this.#watch();
    }, LOOK_MS);
    runtime.unrefTimer(timer);
  }

  #checkDrained(): void {
    if (this.#state === "closed" && this.idle) this.#happen("drained");
  }

  #workerEnded(): void {
    if (!this.#workers.gone) return;
    if (this.#state === "closed") this.#checkDrained();
    if (this.#state !== "ending") return;
    this.#happen("gone");
    this.#pages.close();
    for (const joined of this.#joiners.splice(0)) joined();
  }

  #break(error: PoolBroken): void {
    this.#broken ??= error;
    this.terminate();
  }

  #happen(event: PoolEvent): void {
    const { next, actions } = decide(this.#state, event);
    this.#state = next;
    for (const action of actions) this.#do(action);
  }

  #do(action: PoolAction): void {
    if (action === "dismiss") this.#workers.dismiss();
    if (action !== "terminate") return;
    for (const feeder of [...this.#feeders]) feeder.abort();
    this.#drop();
    this.#workers.terminate();
    this.#workerEnded();
  }

  /** Pending tasks will never be done. */
  #drop(): void {
    for (const task of this.#pending.drain()) task.settle({ ok: false, error: this.#refusal() });
  }

  #refusal(): Error {
    return this.#broken ?? new PoolTerminated();
  }
}

/**
 * `open` takes tasks; `closed` finishes those that it has; `ending` waits for workers that were told to end; `ended`
 * has no worker left.
 */
export type PoolState = "open" | "closed" | "ending" | "ended";

/** `drained`: nothing is left to do. `gone`: no worker is left. */
export type PoolEvent = "submit" | "close" | "terminate" | "drained" | "gone" | "workerEnded";

export type PoolAction = "accept" | "refuse" | "dismiss" | "terminate" | "replace";

/** What the pool does at an event, and its next state; nothing at all if the event has no entry. */
type Rules = Partial<Record<PoolEvent, { next?: PoolState; actions: readonly PoolAction[] }>>;

const TABLE: Record<PoolState, Rules> = {
  open: {
    submit: { actions: ["accept"] },
    close: { next: "closed", actions: [] },
    terminate: { next: "ending", actions: ["terminate"] },
    workerEnded: { actions: ["replace"] },
  },
  closed: {
    submit: { actions: ["refuse"] },
    terminate: { next: "ending", actions: ["terminate"] },
    drained: { next: "ending", actions: ["dismiss"] },
    workerEnded: { actions: ["replace"] },
  },
  ending: {
    submit: { actions: ["refuse"] },
    // Workers that were told to end and do not.
    terminate: { actions: ["terminate"] },
    gone: { next: "ended", actions: [] },
  },
  ended: {
    submit: { actions: ["refuse"] },
  },
};

export function decide(
  state: PoolState,
  event: PoolEvent,
): { next: PoolState; actions: readonly PoolAction[] } {
  const { next = state, actions = [] } = TABLE[state][event] ?? {};
  return { next, actions };
}

/** CPython's rule: before `close` or `terminate` nobody may wait for the end. */
export function mayJoin(state: PoolState): boolean {
  return state !== "open";
}
