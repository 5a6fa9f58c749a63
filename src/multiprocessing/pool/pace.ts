/** Work that may lie ready at a worker while it runs a task: enough to hide the way there and back. */
const AHEAD_MS = 1;
const DEEPEST = 64;
/** How much the last task counts against those before it. */
const WEIGHT = 1 / 8;

/**
 * How many tasks a worker may have at once: many when they are short, since the way between the processes takes longer
 * than they do; one when they are long, since a task that waits behind another could run elsewhere.
 */
export class Pace {
  #average: number | undefined;

  /** How many tasks the worker may have, the one that it runs included. */
  get depth(): number {
    if (this.#average === undefined) return 1;
    return Math.max(1, Math.min(DEEPEST, 1 + Math.floor(AHEAD_MS / this.#average)));
  }

  /** `tasks` were answered `ms` after the ones before them. */
  record(tasks: number, ms: number): void {
    const each = Math.max(ms / tasks, 1e-4);
    const weight = Math.min(1, WEIGHT * tasks);
    this.#average = this.#average === undefined
      ? each
      : this.#average + weight * (each - this.#average);
  }

  /** The task under way takes longer than those before it let one expect. */
  slowDown(): void {
    this.#average = Math.max(this.#average ?? 0, 2 * AHEAD_MS);
  }
}
