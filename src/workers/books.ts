/** Numbers of tasks go round, so that one fits into a word of memory. Fewer than that many are ever under way. */
const NUMBERS = 2 ** 30;

/** The number of the task after this one. */
export function nextNumber(number: number): number {
  return (number + 1) % NUMBERS;
}

/** How many tasks a worker is given before it has answered. */
export interface Pacing {
  /** Milliseconds of work that may lie ready at a worker while it is busy: that hides the way there and back. */
  readonly ahead: number;
  /** Tasks at once, however short they are. */
  readonly most: number;
  /** How much a new time counts against those before it: 0 to 1. */
  readonly weight: number;
}

/**
 * What one worker was given and what it has answered. A worker, whatever it is made of, begins and answers tasks in the
 * order in which it got them, one at a time. Which task it has begun when it dies is told by its transport: a word of
 * memory that it shares with the pool, or what it has not read of its pipe.
 */
export class WorkerBooks<T> {
  readonly pace: Pace;
  /** It can take tasks. */
  ready = false;
  /** It gets nothing more now. */
  paused = false;
  /** It gets nothing more at all, and ends when it has answered what it has. */
  leaving = false;
  /** Tasks in its life. */
  given = 0;
  answered = 0;
  /** How many tasks it has and has not answered. */
  owed = 0;
  private oldest: Given<T> | undefined;
  private newest: Given<T> | undefined;
  private last = 0;

  /** @param most tasks in its life; Infinity */
  constructor(pacing: Pacing, private readonly most: number) {
    this.pace = new Pace(pacing);
  }

  /** The task that it works on: its answer comes next. */
  get first(): T | undefined {
    return this.oldest?.task;
  }

  /** 0 for none. */
  get firstNumber(): number {
    return this.oldest?.number ?? 0;
  }

  /** The number that the next task will have for this worker. */
  get nextNumber(): number {
    return nextNumber(this.last);
  }

  /** All that it has not answered, in the order in which it got them. */
  get unanswered(): T[] {
    return tasksFrom(this.oldest);
  }

  /** How many more tasks it may have now. */
  get room(): number {
    if (!this.ready || this.paused || this.leaving) return 0;
    return Math.max(0, Math.min(this.pace.depth - this.owed, this.most - this.given));
  }

  /** It was given all the tasks that one worker may have. */
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
   * @param number what it says which one that is, where it says so
   * @returns undefined when it has none
   * @throws Error when it is another's turn: nothing can be trusted any more
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
   * All tasks that were not begun, in their order; they are the worker's no more.
   * @param begun the number of the task that was begun last. Its answer and some before it may still be on their way.
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

  /** It has died and all its answers have come: the task that died with it, and those that it had not begun. */
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
  /** Of the times from one answer to the next. */
  private mean = Infinity;
  private mark = 0;

  constructor(private readonly pacing: Pacing) {}

  /** How many tasks the worker may have, the one that it works on included. */
  get depth(): number {
    const { ahead, most } = this.pacing;
    return Math.max(1, Math.min(most, Math.ceil(ahead / this.mean)));
  }

  /** The worker was idle and has something to do now. */
  begin(now: number): void {
    this.mark = now;
  }

  /** So many answers have come since the last time. */
  answered(count: number, now: number): void {
    const each = (now - this.mark) / count;
    this.mark = now;
    this.mean = this.mean === Infinity ? each : this.mean + this.pacing.weight * (each - this.mean);
  }

  /** The task under way takes longer than those before it let one expect. */
  slowDown(): void {
    const slow = 2 * this.pacing.ahead;
    this.mean = this.mean === Infinity ? slow : Math.max(this.mean, slow);
  }
}
