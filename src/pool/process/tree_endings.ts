import type { StopStep } from "../../termination/schedule.ts";
import type { Look } from "../../termination/scope.ts";
import { Termination } from "../../termination/termination.ts";
import { snapshot } from "../../procfs/processes.ts";
import type { AttemptTree } from "./attempt_tree.ts";
import type { Capture } from "./capture.ts";
import type { LivePipes } from "../output/live_output.ts";
import type { Job } from "../types.ts";

/** So long those whom an attempt has left may take to end by themselves, as `tee` in `> >(tee log)` does. */
const LINGER_MS = 100;

/** An attempt's tree that is being ended. */
export interface TreeEnding {
  readonly tree: AttemptTree;
  readonly termination: Termination;
  /** The attempt's own process has been reaped: what follows when the others have ended too. */
  waiting?: { readonly jobs: readonly number[]; readonly then: () => void };
  /** Somebody of it may have ended. */
  stale: boolean;
}

/** Ends the trees of attempts. An attempt is over when nobody of its tree is left. Times are on the clock of runtime.now(). */
export class TreeEndings {
  private readonly all = new Set<TreeEnding>();

  constructor(private readonly steps: readonly StopStep[]) {}

  /** The jobs whose own process has ended while others of its tree live. */
  get jobs(): number[] {
    return [...this.all].flatMap(({ waiting }) => waiting?.jobs ?? []);
  }

  /** How many of these there are. */
  get size(): number {
    let size = 0;
    for (const { waiting } of this.all) if (waiting) size++;
    return size;
  }

  /** The time of an attempt is up. */
  begin(tree: AttemptTree, now: number): TreeEnding {
    return this.add(tree, now);
  }

  /** An attempt has ended by itself. @returns undefined when nobody is left of it */
  beginRest(tree: AttemptTree, now: number): TreeEnding | undefined {
    return tree.isEmpty ? undefined : this.add(tree, now + LINGER_MS);
  }

  /**
   * The process of an attempt has been reaped.
   * @param jobs their numbers
   * @param then is called when nobody else is left
   * @returns false, and it is not called, when nobody is
   */
  wait(one: TreeEnding, jobs: readonly number[], then: () => void): boolean {
    if (!this.all.has(one) || this.isOver(one)) return false;
    one.waiting = { jobs, then };
    return true;
  }

  /** When {@link look} wants to be called. */
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
    // For all of them: to look at /proc takes time, in which nobody would replace the guard of the pool.
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

  /** For so many milliseconds nobody could do anything. */
  postpone(ms: number): void {
    for (const { termination } of this.all) termination.postpone(ms);
  }

  /** Nothing more can be done: who waits need not any longer. */
  giveUp(): void {
    for (const one of this.all) this.close(one);
  }

  private add(tree: AttemptTree, due: number): TreeEnding {
    // Who was born during a look may not be in it.
    const isEmpty = () => tree.isEmpty;
    const termination = new Termination(tree.scope, { steps: this.steps }, due, isEmpty);
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

/** A job that runs. */
export interface Running {
  readonly job: Job;
  readonly attempt: number;
  /** Of its first start among all; what `-k` goes by. */
  readonly order: number;
  /** Bytes given to it on stdin. */
  readonly sent: number;
  readonly slot: number;
  readonly pid: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** What runtime.now() lacks to be {@link startedAt}: a clock that is set meanwhile changes no duration. */
  readonly clock: number;
  /** On the clock of runtime.now(); later by the time for which everybody was suspended. */
  started: number;
  readonly capture?: Capture;
  readonly pipes?: LivePipes;
  /** Its time is up, and this ends it. */
  timeout?: TreeEnding;
}

/** The lowest numbers that are not taken, from 1 on; `{%}`. */
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
