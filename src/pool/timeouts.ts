import { Ending } from "../group/ending.ts";
import { jobScope } from "./ending.ts";
import type { Ledger } from "./ledger.ts";
import type { Running } from "./running.ts";
import type { PoolSettings } from "./settings.ts";

/** Ends the trees of jobs whose time is up. */
export class Timeouts {
  private readonly endings = new Set<Ending>();

  constructor(
    private readonly settings: PoolSettings,
    private readonly running: ReadonlyMap<number, Running>,
    private readonly ledger: Ledger,
  ) {}

  /** When {@link look} wants to be called, on the clock of runtime.now(). */
  get due(): number {
    let due = Infinity;
    if (!this.settings.timeout) return due;
    for (const ending of this.endings) due = Math.min(due, ending.due);
    const limit = this.ledger.timeLimit();
    for (const { started, timeout } of this.running.values()) {
      if (!timeout) due = Math.min(due, started + limit);
    }
    return due;
  }

  /** For so many milliseconds nobody could do anything. */
  postpone(ms: number): void {
    for (const running of this.running.values()) running.started += ms;
    for (const ending of this.endings) ending.due += ms;
  }

  look(now: number): void {
    if (!this.settings.timeout) return;
    for (const running of this.running.values()) this.checkTime(running, now);
    for (const ending of this.endings) {
      if (now >= ending.due && ending.advance(now)) this.endings.delete(ending);
    }
  }

  private checkTime(running: Running, now: number): void {
    if (running.timeout || now < running.started + this.ledger.timeLimit()) return;
    running.timeout = new Ending(jobScope(running.pid), this.settings.termSteps, now);
    this.endings.add(running.timeout);
  }
}
