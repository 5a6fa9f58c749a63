import { runtime } from "../../runtime/mod.ts";
import { type Pacing, WorkerBooks } from "../../workers/books.ts";
import { FROM_WORKER, KIND, type Kind, type Outcome, TO_WORKER } from "./outcome.ts";
import { begunNumber, type ClaimWord, isTakenBack, takeBack } from "./claim.ts";
import { encode, type Encoded, encodeTuple, UnsendableError } from "../wire/codec.ts";
import type { TargetReference } from "../process/target.ts";
import { whyUnsendable } from "../wire/unsendable.ts";

/** A millisecond hides the time of the round trip. */
const PACING: Pacing = { ahead: 1, most: 64, weight: 1 / 8 };

/** A function as named by the tasks of one pool. */
export interface KnownFunction {
  readonly id: number;
  readonly reference: TargetReference;
}

export interface Task {
  readonly fn: KnownFunction;
  readonly kind: Kind;
  readonly values: unknown[];
  /** Called once. `pid` is the worker's, if one was involved. */
  settle(outcome: Outcome<unknown>, pid?: number): void;
}

/** A worker's process, as far as the pool is concerned. */
export interface WorkerProcess {
  readonly pid: number;
  send(message: Encoded): void;
  /** Lets the worker end once it has done what it was given. */
  close(): void;
  ref(): void;
  unref(): void;
}

export type WorkerMessage = readonly [kind: number, ...unknown[]];

/** What a worker's message means for the pool. */
export type WorkerNews = "ready" | "answered" | { broken: unknown };

/** What the pool knows about one worker. */
export class PoolWorker {
  readonly #books: WorkerBooks<Task>;
  readonly #known = new Set<number>();
  #answersSeen = 0;

  /** @param maxTasks in its lifetime; Infinity */
  constructor(readonly process: WorkerProcess, readonly claim: ClaimWord, maxTasks: number) {
    this.#books = new WorkerBooks(PACING, maxTasks);
  }

  get pid(): number {
    return this.process.pid;
  }

  get ready(): boolean {
    return this.#books.ready;
  }

  /** Tasks that it has not answered yet. */
  get load(): number {
    return this.#books.owed;
  }

  get dismissed(): boolean {
    return this.#books.leaving;
  }

  /** It has done as many tasks as one worker may. */
  get spent(): boolean {
    return this.#books.spent && this.load === 0;
  }

  /** How many more tasks it may be given now. */
  get room(): number {
    return this.#books.room;
  }

  /** Whether it is worth giving it more: several at once are cheaper than one by one. */
  get hungry(): boolean {
    return this.load <= this.#books.pace.depth >> 2 && this.room > 0;
  }

  setUp(initializer: TargetReference | undefined, initargs: readonly unknown[]): void {
    const message = [TO_WORKER.setup, this.claim, initializer ?? null, initargs];
    this.process.send(encode(message));
  }

  /** Gives it a task. If the values cannot be sent, the task is settled with that error. */
  give(task: Task): void {
    const { fn, kind, values } = task;
    if (!this.#known.has(fn.id)) {
      this.process.send(encode([TO_WORKER.define, fn.id, fn.reference]));
      this.#known.add(fn.id);
    }
    let message: Encoded;
    try {
      message = encodeTuple([TO_WORKER.task, this.#books.nextNumber, fn.id, kind, values]);
    } catch (error) {
      return task.settle({ ok: false, error: clearer(error, task) });
    }
    if (this.load === 0) this.#books.pace.begin(runtime.now());
    this.#books.give(task);
    this.process.send(message);
  }

  /** Settles the task that a message answers. */
  hear(message: WorkerMessage): WorkerNews {
    const [what, number, value] = message;
    switch (what) {
      case FROM_WORKER.ready:
        this.#books.ready = true;
        return "ready";
      case FROM_WORKER.broken:
        return { broken: number };
      default:
        this.#answered(number as number).settle(
          what === FROM_WORKER.done ? { ok: true, value } : { ok: false, error: value },
          this.pid,
        );
        return "answered";
    }
  }

  /** An unreadable answer has come: it is that of the current task. */
  hearUnreadable(error: unknown): void {
    const task = this.#books.first;
    if (!task) throw error;
    this.#answered(this.#books.firstNumber);
    task.settle({ ok: false, error }, this.pid);
  }

  /** Takes back what waits behind a task that has been running since the last look. */
  takeBackIfStuck(): Task[] {
    const books = this.#books;
    const stuck = books.answered === this.#answersSeen;
    this.#answersSeen = books.answered;
    if (!stuck || this.load < 2 || isTakenBack(this.claim.word)) return [];
    const tasks = books.withdraw(takeBack(this.claim.word));
    this.process.send(encode([TO_WORKER.resume]));
    // Until it has answered: new tasks would wait behind the long one, too.
    books.paused = this.load > 0;
    books.pace.slowDown();
    return tasks;
  }

  /** Lets it end after what it has. */
  dismiss(): void {
    this.#books.leaving = true;
    this.process.close();
  }

  /** It has died. @returns the task that it had begun, and those that it had not */
  settle(): { lost: Task | undefined; unbegun: Task[] } {
    return this.#books.settle(begunNumber(this.claim.word));
  }

  #answered(number: number): Task {
    this.#books.pace.answered(1, runtime.now());
    this.#books.paused = false;
    return this.#books.answer(number)!;
  }
}

function clearer(error: unknown, { kind, values }: Task): unknown {
  if (!(error instanceof UnsendableError)) return error;
  const why = whyUnsendable(values, kind === KIND.call ? "args" : "items");
  return why ? new UnsendableError(why) : error;
}
