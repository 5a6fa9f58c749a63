import { type Attempt, Retries } from "../retries.ts";
import type { JobSource } from "../settings.ts";

/** Where records come from: those that were given back, those to be tried again, and new ones, in this order. */
export class Desk {
  readonly retries = new Retries();
  private returned: Attempt[] = [];
  private front: Attempt | undefined;
  private submitted = 0;

  constructor(private readonly source: JobSource) {}

  /** The next record, which stays where it is. @param fresh whether it may be a new one */
  peek(now: number, fresh: boolean): Attempt | undefined {
    this.front ??= this.returned.shift() ?? this.retries.take(now);
    if (!this.front && fresh) this.front = this.fresh();
    return this.front;
  }

  take(now: number, fresh: boolean): Attempt | undefined {
    const next = this.peek(now, fresh);
    this.front = undefined;
    return next;
  }

  /** A worker did not begin these: others get them, before anything new. */
  giveBack(records: readonly Attempt[]): void {
    this.returned.push(...records);
    this.returned.sort((a, b) => a.order - b.order);
  }

  /** Nothing is here, and nothing will come but from workers. */
  get isEmpty(): boolean {
    return !this.front && this.returned.length === 0 && this.retries.size === 0 &&
      this.source.ended;
  }

  /** A record waits for a worker. */
  get hasFront(): boolean {
    return this.front !== undefined || this.returned.length > 0;
  }

  clear(): void {
    this.front = undefined;
    this.returned = [];
    this.retries.clear();
  }

  private fresh(): Attempt | undefined {
    const job = this.source.next();
    return job && { job, number: 1, order: ++this.submitted, due: 0 };
  }
}
