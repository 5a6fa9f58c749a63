import { SIGKILL } from "../libc/abi.ts";
import { debug } from "../base/diagnostics.ts";
import { signalName } from "../libc/processes/signals.ts";
import { runtime } from "../runtime/mod.ts";
import type { Kin, Scope } from "./scope.ts";
import { Asking } from "./asking.ts";
import { listTree, listTreeIn, type Look } from "./signal_tree.ts";

/** One step of an ending: send a signal, then leave time to obey it. */
export interface TermStep {
  readonly signal: number;
  /** Milliseconds until the next step. */
  readonly wait: number;
}

/** How often a KILL is sent again, to what was born meanwhile. */
const KILL_AGAIN_MS = 10;
/** After so many the survivors are those that imp may not kill, or that the kernel cannot end. */
const MOST_KILLS = 300;

/**
 * Ends a tree of processes step by step, for loops that have other things to do meanwhile: they call it when `due` has
 * come or a child has ended.
 */
export class Ending {
  private step = 0;
  private kills = 0;
  private survivors: readonly Kin[] = [];
  private asking: Asking | undefined;
  /** Whom the last signal may have reached. */
  private seen = new Set<number>();
  /** When the next step is, on the clock of runtime.now(). */
  due: number;

  constructor(
    private readonly scope: (processes: Look) => Scope,
    private readonly steps: readonly TermStep[],
    now: number,
  ) {
    this.due = now;
  }

  /** Goes to KILL at once. */
  hurry(now: number): void {
    this.step = this.steps.length;
    this.due = now;
  }

  /**
   * @param processes what a look at /proc has just shown, for who ends several trees at a time; others look as often as is
   * needed to be sure
   * @returns whether it is over: nobody is left, or nobody who can be ended
   */
  advance(now: number, processes?: Look): boolean {
    this.survivors = processes
      ? listTreeIn(this.scope(processes), processes)
      : listTree(this.scope);
    if (this.survivors.length === 0) return true;
    if (now < this.due) {
      // What was forked while the others were signalled has not heard of it.
      if (this.survivors.some(({ pid }) => !this.seen.has(pid))) this.ask(processes);
      return false;
    }
    const step = this.steps[this.step++];
    const signal = step?.signal ?? SIGKILL;
    debug("group", `sending ${signalName(signal)}`, { processes: this.survivors.length });
    this.asking = new Asking(this.scope, signal);
    this.ask(processes);
    this.due = now + (step?.wait ?? KILL_AGAIN_MS);
    return step === undefined && ++this.kills > MOST_KILLS;
  }

  private ask(processes: Look | undefined): void {
    this.asking?.ask(processes);
    this.seen = new Set(this.survivors.map(({ pid }) => pid));
  }

  /** Who was there at the last look. */
  get left(): readonly Kin[] {
    return this.survivors;
  }
}

const FIRST_PAUSE_MS = 1, LONGEST_PAUSE_MS = 50;

/** For who has nothing else to do meanwhile: advances an ending until it is over. Gives the milliseconds to wait each time. */
export function* untilOver(ending: Ending): Generator<number> {
  for (
    let pause = FIRST_PAUSE_MS;
    !ending.advance(runtime.now());
    pause = Math.min(2 * pause, LONGEST_PAUSE_MS)
  ) yield pause;
}
