/** Task numbers wrap around, so that one fits into a word of memory. There are never that many tasks under way. */
const NUMBERS = 2 ** 30;

/** The number of the task after this one. */
export function nextNumber(number: number): number {
  return (number + 1) % NUMBERS;
}

/** How many tasks a worker is given before it has answered. */
export interface Pacing {
  /** Milliseconds of work that may be waiting at a busy worker: it hides the time of the round trip. */
  readonly ahead: number;
  /** Tasks at once at most, however short they are. */
  readonly most: number;
  /** How much a new time counts against those before it: 0 to 1. */
  readonly weight: number;
}

/**
 * What one worker was given and what it has answered. A worker of any kind begins and answers tasks one at a time, in
 * the order in which it received them. Which task it had begun when it dies is known from its transport: a word of
 * shared memory, or what it has not read from its pipe.
 */
export class WorkerBooks<T> {
  readonly pace: Pace;
  /** It can take tasks. */
  ready = false;
  /** It gets no tasks for now. */
  paused = false;
  /** It gets no more tasks, and ends once it has answered those it has. */
  leaving = false;
  /** Tasks so far. */
  given = 0;
  answered = 0;
  /** How many tasks it has not answered yet. */
  owed = 0;
  private oldest: Given<T> | undefined;
  private newest: Given<T> | undefined;
  private last = 0;

  /** @param most tasks in its lifetime; Infinity */
  constructor(pacing: Pacing, private readonly most: number) {
    this.pace = new Pace(pacing);
  }

  /** The task that it is working on: its answer comes next. */
  get first(): T | undefined {
    return this.oldest?.task;
  }

  /** 0 for none. */
  get firstNumber(): number {
    return this.oldest?.number ?? 0;
  }

  /** The number that this worker's next task will have. */
  get nextNumber(): number {
    return nextNumber(this.last);
  }

  /** All tasks that it has not answered, in the order in which it received them. */
  get unanswered(): T[] {
    return tasksFrom(this.oldest);
  }

  /** How many more tasks it may be given now. */
  get room(): number {
    if (!this.ready || this.paused || this.leaving) return 0;
    return Math.max(0, Math.min(this.pace.depth - this.owed, this.most - this.given));
  }

  /** It was given as many tasks as one worker may have. */
  get spent(): boolean {
    return this.given >= this.most;
  }

  give(task: T): void {
    this.last = this.nextNumber;
    const given: Given<T> = { task, number: this.last, next: undefined };
    if (this.newest) this.newest.next = given;
    else this.oldest = given;
    this.newest = given;
    this.owed++;
    this.given++;
  }

  /**
   * It has answered its first task.
   * @param number which one the answer names, if it does
   * @returns undefined if it has none
   * @throws Error if it is not that task's turn: nothing can be trusted any more
   */
  answer(number?: number): T | undefined {
    const turn = this.takeOldest();
    if (number !== undefined && number !== turn?.number) {
      throw new Error(`a worker answered task ${number} when it was the turn of ${turn?.number}`);
    }
    if (turn) this.answered++;
    return turn?.task;
  }

  /**
   * Takes back all tasks that were not begun, in order.
   * @param begun the number of the last task begun. Its answer and some before it may still be on their way.
   */
  withdraw(begun: number): T[] {
    let kept = this.oldest;
    while (kept && kept.number !== begun) kept = kept.next;
    const unbegun = tasksFrom(kept ? kept.next : this.oldest);
    if (kept) kept.next = undefined;
    else this.oldest = undefined;
    this.newest = kept;
    this.owed -= unbegun.length;
    this.given -= unbegun.length;
    return unbegun;
  }

  /** It has died and all its answers have arrived: the task that died with it, and those it had not begun. */
  settle(begun: number): { lost: T | undefined; unbegun: T[] } {
    const unbegun = this.withdraw(begun);
    return { lost: this.takeOldest()?.task, unbegun };
  }

  private takeOldest(): Given<T> | undefined {
    const { oldest } = this;
    if (!oldest) return undefined;
    this.oldest = oldest.next;
    if (!this.oldest) this.newest = undefined;
    // Or the collector, which looks at young objects alone for long, would keep whatever follows one that has become old.
    oldest.next = undefined;
    this.owed--;
    return oldest;
  }
}

/** A task that a worker has not answered, and the one that it was given next. */
interface Given<T> {
  readonly task: T;
  readonly number: number;
  next: Given<T> | undefined;
}

function tasksFrom<T>(first: Given<T> | undefined): T[] {
  const tasks: T[] = [];
  for (let given = first; given; given = given.next) tasks.push(given.task);
  return tasks;
}

/**
 * How many tasks a worker may have at once. The first one comes alone; many when they are short, since the way between the
 * processes takes longer than they do; one when they are long, since a task that waits behind another could run elsewhere.
 * Times are milliseconds.
 */
export class Pace {
  /** The mean time from one answer to the next. */
  private mean = Infinity;
  private mark = 0;

  constructor(private readonly pacing: Pacing) {}

  /** How many tasks the worker may have, including the one that it is working on. */
  get depth(): number {
    const { ahead, most } = this.pacing;
    return Math.max(1, Math.min(most, Math.ceil(ahead / this.mean)));
  }

  /** The worker was idle and now has a task. */
  begin(now: number): void {
    this.mark = now;
  }

  /** This many answers have arrived since the last call. */
  answered(count: number, now: number): void {
    const each = (now - this.mark) / count;
    this.mark = now;
    this.mean = this.mean === Infinity ? each : this.mean + this.pacing.weight * (each - this.mean);
  }

  /** The current task takes longer than the previous ones suggested. */
  slowDown(): void {
    const slow = 2 * this.pacing.ahead;
    this.mean = this.mean === Infinity ? slow : Math.max(this.mean, slow);
  }
}
