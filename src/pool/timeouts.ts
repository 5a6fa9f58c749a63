import type { Ledger } from "./ledger.ts";
import type { Processes } from "./processes.ts";
import type { Running } from "./running.ts";
import type { PoolSettings } from "./settings.ts";
import type { TreeEndings } from "./tree_endings.ts";

/** Notices when the time of a job is up. */
export class Timeouts {
  constructor(
    private readonly settings: PoolSettings,
    private readonly processes: Processes<Running>,
    private readonly trees: TreeEndings,
    private readonly ledger: Ledger,
  ) {}

  /** When {@link look} wants to be called, on the clock of runtime.now(). */
  get due(): number {
    let due = Infinity;
    if (!this.settings.timeout) return due;
    const limit = this.ledger.timeLimit();
    for (const { started, timeout } of this.processes.alive.values()) {
      if (!timeout) due = Math.min(due, started + limit);
    }
    return due;
  }

  /** For so many milliseconds nobody could do anything. */
  postpone(ms: number): void {
    for (const running of this.processes.alive.values()) running.started += ms;
  }

  look(now: number): void {
    if (!this.settings.timeout) return;
    const limit = this.ledger.timeLimit();
    for (const running of this.processes.alive.values()) {
      if (running.timeout || now < running.started + limit) continue;
      running.timeout = this.trees.begin(this.processes.treeOf(running), now);
    }
  }
}
