import type { StopStep } from "../termination/schedule.ts";
import type { Kin, Scope } from "../termination/scope.ts";
import { Termination } from "../termination/termination.ts";
import { unreadBytes } from "../libc/descriptors/pipe.ts";
import type { OutputWriter } from "./output/writer.ts";

/** Ends everybody below a pool, when it stops or when jobs have left something behind. */
export class EndOfAll {
  private termination: Termination | undefined;
  /** It is finished: nobody is left, or nobody who can be ended. */
  over = false;

  /**
   * @param steps asked for when it begins
   * @param survivors is told who cannot be ended
   */
  constructor(
    private readonly everybody: () => Scope,
    private readonly steps: () => readonly StopStep[],
    private readonly survivors: (left: readonly Kin[]) => void,
  ) {}

  /** Whether it has begun and is not finished. */
  get busy(): boolean {
    return this.termination !== undefined;
  }

  /** @param now here and elsewhere on the clock of runtime.now() */
  begin(now: number): void {
    this.termination ??= new Termination(this.everybody, { steps: this.steps() }, { due: now });
    this.advance(now);
  }

  /** Whoever has not ended is killed at once. */
  hurry(now: number): void {
    this.termination?.hurry(now);
  }

  /** When to call {@link advance}; call it also when a child has ended. */
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

/** A reader that takes nothing for so long is not expected to take the rest. */
const SILENCE_MS = 5000;
/** A signal asks to stop: its sender does not wait forever. */
const MOST_MS = 30_000;
const LOOK_MS = 500;

/**
 * When a signal stops the pool, output that is partly written is finished, so that no job is printed partly now and
 * again by the run that resumes. This decides how long to wait for the reader. Times are on the clock of runtime.now().
 */
export class LastWords {
  /** When to check {@link isOver}. */
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
    // Less data in the pipe means that the reader reads, long before there is room for more.
    const { gone, blockedOn } = this.writer;
    const seen = gone - unreadBytes(blockedOn);
    if (seen !== this.seen) this.moved = now;
    this.seen = seen;
    return now - this.moved >= SILENCE_MS || now - this.since >= MOST_MS;
  }
}
