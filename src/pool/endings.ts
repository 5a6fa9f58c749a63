import { Ending } from "../group/ending.ts";
import type { Crew } from "./crew.ts";
import { jobScope } from "./ending.ts";
import type { Ledger } from "./ledger.ts";
import type { Running } from "./running.ts";
import type { PoolSettings } from "./settings.ts";

/** Ends trees of processes: that of a job whose time is up, and at last that of the whole pool. */
export class Endings {
  private readonly timeouts = new Set<Ending>();
  private ofAll: Ending | undefined;
  /** The whole pool was ended: nobody is left, or nobody who can be ended. */
  over = false;

  constructor(
    private readonly settings: PoolSettings,
    private readonly crew: Crew,
    private readonly ledger: Ledger,
  ) {}

  /** Whether the whole pool is being ended now. */
  get busy(): boolean {
    return this.ofAll !== undefined;
  }

  /** Begins to end everybody below imp. @param now here and elsewhere on the clock of runtime.now() */
  begin(now: number): void {
    this.ofAll ??= new Ending(() => this.crew.everybody(), this.settings.termSteps, now);
    this.advance(now);
  }

  /** Who does not obey is killed at once. */
  hurry(now: number): void {
    this.ofAll?.hurry(now);
  }

  /** When {@link advance} wants to be called; it wants that also when a child has ended. */
  get due(): number {
    let due = this.ofAll?.due ?? Infinity;
    if (!this.settings.timeout) return due;
    for (const timeout of this.timeouts) due = Math.min(due, timeout.due);
    const limit = this.ledger.timeLimit();
    for (const { started, timeout } of this.crew.running.values()) {
      if (!timeout) due = Math.min(due, started + limit);
    }
    return due;
  }

  /** For so many milliseconds nobody could do anything. */
  postpone(ms: number): void {
    for (const running of this.crew.running.values()) running.started += ms;
    for (const timeout of this.timeouts) timeout.due += ms;
  }

  advance(now: number): void {
    if (this.ofAll?.advance(now)) {
      this.ledger.survivors(this.ofAll.left);
      this.ofAll = undefined;
      this.over = true;
    }
    if (!this.settings.timeout) return;
    for (const running of this.crew.running.values()) this.checkTime(running, now);
    for (const timeout of this.timeouts) {
      if (now >= timeout.due && timeout.advance(now)) this.timeouts.delete(timeout);
    }
  }

  private checkTime(running: Running, now: number): void {
    if (running.timeout || now < running.started + this.ledger.timeLimit()) return;
    running.timeout = new Ending(jobScope(running.pid), this.settings.termSteps, now);
    this.timeouts.add(running.timeout);
  }
}
