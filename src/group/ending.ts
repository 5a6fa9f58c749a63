import { debug } from "../base/diagnostics.ts";
import { signalName } from "../libc/signals.ts";
import type { Kin, Scope } from "./scope.ts";
import { listTree, signalTree } from "./signal_tree.ts";

/** One step of an ending: send a signal, then leave time to obey it. */
export interface TermStep {
  readonly signal: number;
  /** Milliseconds until the next step. */
  readonly wait: number;
}

const SIGKILL = 9;
const SIGCONT = 18;
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
  /** When the next step is, on the clock of runtime.now(). */
  due: number;

  constructor(
    private readonly scope: () => Scope,
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

  /** @returns whether it is over: nobody is left, or nobody who can be ended */
  advance(now: number): boolean {
    const scope = this.scope();
    this.survivors = listTree(scope);
    if (this.survivors.length === 0) return true;
    if (now < this.due) return false;
    const step = this.steps[this.step++];
    const signal = step?.signal ?? SIGKILL;
    debug("group", `sending ${signalName(signal)}`, { processes: this.survivors.length });
    signalTree(scope, signal);
    // A stopped process obeys nothing but KILL until it goes on.
    if (signal !== SIGKILL) signalTree(scope, SIGCONT);
    this.due = now + (step?.wait ?? KILL_AGAIN_MS);
    return step === undefined && ++this.kills > MOST_KILLS;
  }

  /** Who was there at the last look. */
  get left(): readonly Kin[] {
    return this.survivors;
  }
}
