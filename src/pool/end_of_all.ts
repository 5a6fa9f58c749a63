import type { StopStep } from "../termination/schedule.ts";
import type { Kin, Scope } from "../termination/scope.ts";
import { Termination } from "../termination/termination.ts";
import { unreadBytes } from "../libc/descriptors/pipe.ts";
import type { OutputWriter } from "./output/writer.ts";

/** The end of everybody below a pool, when it stops or when jobs have left somebody behind. */
export class EndOfAll {
  private termination: Termination | undefined;
  /** It was reached: nobody is left, or nobody who can be ended. */
  over = false;

  /**
   * @param steps asked for when it begins
   * @param survivors is told of those who cannot be ended
   */
  constructor(
    private readonly everybody: () => Scope,
    private readonly steps: () => readonly StopStep[],
    private readonly survivors: (left: readonly Kin[]) => void,
  ) {}

  /** Whether it has begun and is not reached yet. */
  get busy(): boolean {
    return this.termination !== undefined;
  }

  /** @param now here and elsewhere on the clock of runtime.now() */
  begin(now: number): void {
    this.termination ??= new Termination(this.everybody, { steps: this.steps() }, now);
    this.advance(now);
  }

  /** Who does not obey is killed at once. */
  hurry(now: number): void {
    this.termination?.hurry(now);
  }

  /** When {@link advance} wants to be called; it wants that also when a child has ended. */
  get due(): number {
    return this.termination?.due ?? Infinity;
  }

  advance(now: number): void {
    if (!this.termination?.advance(now)) return;
    this.survivors(this.termination.left);
    this.termination = undefined;
    this.over = true;
  }
}

/** A reader that takes nothing for so long will not take the rest either. */
const SILENCE_MS = 5000;
/** A signal asks for an end: whoever sent it does not wait for ever. */
const MOST_MS = 30_000;
const LOOK_MS = 500;

/**
 * When a signal stops the pool, output of which something has gone is finished, so that no job is printed by halves now and
 * whole by the run that goes on. This says how long to wait for its reader. Times are on the clock of runtime.now().
 */
export class LastWords {
  /** When {@link isOver} wants to be asked. */
  due: number;
  private moved: number;
  private seen = -1;

  constructor(
    private readonly writer: Pick<OutputWriter, "gone" | "blockedOn">,
    private readonly since: number,
  ) {
    this.moved = since;
    this.due = since;
  }

  isOver(now: number): boolean {
    if (now < this.due) return false;
    this.due = now + LOOK_MS;
    // What lies in the pipe tells of a reader that reads, long before there is room for more.
    const { gone, blockedOn } = this.writer;
    const seen = gone - unreadBytes(blockedOn);
    if (seen !== this.seen) this.moved = now;
    this.seen = seen;
    return now - this.moved >= SILENCE_MS || now - this.since >= MOST_MS;
  }
}
