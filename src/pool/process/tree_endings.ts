import type { StopStep } from "../../termination/schedule.ts";
import type { Look } from "../../termination/scope.ts";
import { Termination } from "../../termination/termination.ts";
import { snapshot } from "../../procfs/processes.ts";
import type { AttemptTree } from "./attempt_tree.ts";
import type { Capture } from "./capture.ts";
import type { LivePipes } from "../output/live_output.ts";
import type { Job } from "../types.ts";

/** How long processes left by an attempt may take to end by themselves, as `tee` in `> >(tee log)` does. */
const LINGER_MS = 100;

/** An attempt's tree that is being ended. */
export interface TreeEnding {
  readonly tree: AttemptTree;
  readonly termination: Termination;
  /** The attempt's own process has been reaped: what follows once the others have ended too. */
  waiting?: { readonly jobs: readonly number[]; readonly then: () => void };
  /** Some of it may have ended. */
  stale: boolean;
}

/**
 * Ends the trees of attempts. An attempt is over when nothing of its tree is left. Times are on the clock of
 * runtime.now().
 */
export class TreeEndings {
  private readonly all = new Set<TreeEnding>();

  constructor(private readonly steps: readonly StopStep[]) {}

  /** The jobs whose own process has ended while others of its tree run. */
  get jobs(): number[] {
    return [...this.all].flatMap(({ waiting }) => waiting?.jobs ?? []);
  }

  /** How many of these there are. */
  get size(): number {
    let size = 0;
    for (const { waiting } of this.all) if (waiting) size++;
    return size;
  }

  /** An attempt's time is up. */
  begin(tree: AttemptTree, now: number): TreeEnding {
    return this.add(tree, now);
  }

  /** An attempt has ended by itself. @returns undefined if nothing of it is left */
  beginRest(tree: AttemptTree, now: number): TreeEnding | undefined {
    return tree.isEmpty ? undefined : this.add(tree, now + LINGER_MS);
  }

  /**
   * An attempt's process has been reaped.
   * @param jobs their numbers
   * @param then called when nothing else is left
   * @returns false, without calling it, if nothing is left
   */
  wait(one: TreeEnding, jobs: readonly number[], then: () => void): boolean {
    if (!this.all.has(one) || this.isOver(one)) return false;
    one.waiting = { jobs, then };
    return true;
  }

  /** When to call {@link look}. */
  get due(): number {
    let due = Infinity;
    for (const { termination, stale } of this.all) {
      due = Math.min(due, stale ? 0 : termination.due);
    }
    return due;
  }

  /** @param ended whether orphans have ended since the last look */
  look(now: number, ended: boolean): void {
    if (this.all.size === 0) return;
    if (ended) { for (const one of this.all) one.stale = true; }
    // Shared by all of them: a look at /proc takes time, in which nobody would replace the pool's guard.
    let processes: Look | undefined;
    for (const one of this.all) {
      const { stale, termination } = one;
      one.stale = false;
      if (stale && this.isOver(one)) this.close(one);
      else if (now >= termination.due && termination.advance(now, processes ??= snapshot())) {
        this.close(one);
      }
    }
  }

  /** Nobody could act for so many milliseconds. */
  postpone(ms: number): void {
    for (const { termination } of this.all) termination.postpone(ms);
  }

  /** Nothing more can be done: whoever waits need not any longer. */
  giveUp(): void {
    for (const one of this.all) this.close(one);
  }

  private add(tree: AttemptTree, due: number): TreeEnding {
    // A process born during a look may be missing from it.
    const isProven = () => tree.isEmpty;
    const termination = new Termination(tree.scope, { steps: this.steps }, { due, isProven });
    const one = { tree, termination, stale: false };
    this.all.add(one);
    return one;
  }

  private isOver(one: TreeEnding): boolean {
    const over = one.tree.isEmpty;
    if (over) this.all.delete(one);
    return over;
  }

  private close(one: TreeEnding): void {
    this.all.delete(one);
    one.waiting?.then();
  }
}

/** A running job. */
export interface Running<J extends Job = Job> {
  readonly job: J;
  readonly attempt: number;
  /** The rank of its first start; the order of `-k`. */
  readonly order: number;
  /** Bytes given to it on stdin. */
  readonly sent: number;
  readonly slot: number;
  readonly pid: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** The offset from runtime.now() to {@link startedAt}: setting the clock meanwhile does not change durations. */
  readonly clock: number;
  /** On the clock of runtime.now(); later by the time for which everybody was suspended. */
  started: number;
  readonly capture?: Capture;
  readonly pipes?: LivePipes;
  /** Its time is up, and this ends it. */
  timeout?: TreeEnding;
}

/** The lowest free numbers, from 1; `{%}`. */
export class Slots {
  private readonly taken: boolean[] = [];

  take(): number {
    let slot = 1;
    while (this.taken[slot]) slot++;
    this.taken[slot] = true;
    return slot;
  }

  release(slot: number): void {
    this.taken[slot] = false;
  }
}
