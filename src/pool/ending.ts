import { debug } from "../base/diagnostics.ts";
import { UsageError } from "../base/errors.ts";
import type { Kin, Scope } from "../group/scope.ts";
import { listTree, signalTree } from "../group/signal_tree.ts";
import { signalName, signalNumber } from "../libc/signals.ts";
import { readStat } from "../procfs/stat.ts";

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

/** Ends a tree of processes step by step. The pool's loop calls it when `due` has come or a child has ended. */
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
    debug("pool", `sending ${signalName(signal)}`, { processes: this.survivors.length });
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

/**
 * The tree of one job. Whoever was in it when its ending began stays known after the job itself has ended, although its
 * orphans then look like any other child of imp.
 */
export function jobScope(pid: number): () => Scope {
  const known = new Map<number, number>();
  return () => {
    const alive = [...known].filter(([pid, ticks]) => readStat(pid)?.startTicks === ticks);
    const roots = known.size === 0 ? [pid] : alive.map(([pid]) => pid);
    for (const kin of listTree({ roots, groups: [pid] })) known.set(kin.pid, kin.startTicks);
    return { roots: [...known.keys()], groups: [pid] };
  };
}

/** `TERM,5s,KILL`: signals, each followed by how long to wait; a bare number counts milliseconds. */
export function parseTermSequence(text: string, duration: (text: string) => number): TermStep[] {
  const words = text.split(",");
  const steps: TermStep[] = [];
  for (let i = 0; i < words.length; i += 2) {
    const signal = signalNumber(words[i]);
    if (signal === undefined) {
      throw new UsageError(`'${words[i]}' is no signal`, "write for example TERM,5s,KILL");
    }
    const wait = words[i + 1];
    const ms = wait === undefined ? 0 : /^\d+$/.test(wait) ? Number(wait) : duration(wait);
    steps.push({ signal, wait: ms });
  }
  return steps;
}
