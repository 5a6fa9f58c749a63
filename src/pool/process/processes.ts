import { ChildrenCount } from "../../termination/children_count.ts";
import { Guard } from "../../termination/guard.ts";
import type { Scope } from "../../termination/scope.ts";
import { type ChildWakeup, Reaper, watchChildren } from "../../libc/processes/child_wakeup.ts";
import { becomeSubreaper, ownPid } from "../../libc/processes/process.ts";
import type { Bytes } from "../../libc/processes/spawn.ts";
import type { WordBlock } from "../../libc/processes/spawner.ts";
import { readStat } from "../../procfs/stat.ts";
import { AttemptMark, AttemptTree, markOf, type Orphan } from "./attempt_tree.ts";
import { Slots } from "./tree_endings.ts";
import type { PoolSettings } from "../settings.ts";
import type { JobDescriptors, ProcessStarter, StartOutcome } from "./starter.ts";

/** A process of a pool: a job's, or a worker. */
export interface Member {
  readonly pid: number;
  readonly slot: number;
}

/** The processes of a pool: starts them under a guard, knows which run, and reaps whatever ends below imp. */
export class Processes<M extends Member> {
  /** By PID. */
  readonly alive = new Map<number, M>();
  readonly wakeup: ChildWakeup = watchChildren();
  private readonly slots = new Slots();
  private readonly guard: Guard;
  private readonly starter: ProcessStarter;
  private readonly reaper = new Reaper();
  private readonly count = new ChildrenCount();
  private readonly mark: AttemptMark | undefined;
  /** By slot. */
  private readonly marks: number[] = [];
  /** Orphans already looked at. */
  private readonly known = new Map<number, Orphan>();
  /** Called when a child was stopped, with the signal. */
  stopped: (pid: number, signal: number) => void = () => {};
  /** How many children not started by imp have been reaped. */
  orphansEnded = 0;

  /**
   * @param starter gets the environment of what it starts
   * @param marked whether {@link treeOf} will be used
   */
  constructor(
    starter: (environment: readonly Bytes[]) => ProcessStarter,
    marked: boolean,
    private readonly settings: Pick<PoolSettings, "noChildren" | "directory">,
  ) {
    const { directory } = settings;
    this.guard = new Guard({ command: "pool", tag: "IMP_POOL_ID", directory });
    if (marked) this.mark = new AttemptMark();
    becomeSubreaper();
    this.guard.start();
    this.starter = starter(this.guard.tagged());
  }

  /** The lowest free number: it belongs to the process started next. */
  takeSlot(): number {
    return this.slots.take();
  }

  /** It was taken without a start, or kept after its process ended. */
  releaseSlot(slot: number): void {
    this.slots.release(slot);
  }

  /**
   * Starts a process in a slot, which is freed again if that fails.
   * @throws ImpError if none can be started at all
   */
  start(
    slot: number,
    argv: readonly (Bytes | WordBlock)[],
    descriptors: JobDescriptors,
    seq?: number,
  ): StartOutcome {
    this.marks[slot] = this.mark?.renew() ?? 0;
    const outcome = this.starter.start(argv, descriptors, this.alive.size === 0, slot, seq);
    if (!("pid" in outcome)) this.slots.release(slot);
    return outcome;
  }

  /** It was started, and is managed from now on. */
  add(member: M): void {
    this.guard.note(member.slot - 1, member.pid);
    this.wakeup.started(member.pid);
    this.alive.set(member.pid, member);
  }

  /**
   * Reaps all that have ended.
   * @param ended gets the members, with usage valid until it returns; it returns whether to keep the slot, because
   *   their tree still exists, until {@link releaseSlot}
   */
  reap(ended: (member: M, found: Reaper) => boolean): void {
    this.wakeup.clear();
    for (let pid = this.reaper.next(); pid > 0; pid = this.reaper.next()) {
      if (this.reaper.stopSignal > 0) {
        if (pid === this.guard.pid) this.guard.resume();
        else this.stopped(pid, this.reaper.stopSignal);
        continue;
      }
      if (pid === this.guard.pid) {
        this.guard.replace();
        continue;
      }
      const member = this.alive.get(pid);
      if (!member) {
        this.orphansEnded++;
        this.known.delete(pid);
        continue;
      }
      this.alive.delete(pid);
      this.wakeup.reaped(pid);
      this.settings.noChildren?.reaped(pid);
      // Its PID may soon be reused.
      this.guard.note(member.slot - 1, 0);
      if (!ended(member, this.reaper)) this.slots.release(member.slot);
    }
  }

  /** Whether ended members may have left processes behind. */
  hasLeftovers(): boolean {
    return this.count.now() !== this.alive.size + (this.guard.pid > 0 ? 1 : 0);
  }

  /** The tree of a member, which may have been reaped but still has its slot. */
  treeOf(member: M): AttemptTree {
    const { pid, slot } = member;
    return new AttemptTree({
      pid,
      mark: this.marks[slot],
      orphans: this.orphans,
      isThere: () => this.alive.get(pid) === member,
    });
  }

  private readonly orphans = (): Orphan[] =>
    this.count.pids().flatMap((pid) => {
      const own = this.alive.has(pid) || pid === this.guard.pid;
      return own ? [] : this.orphan(pid) ?? [];
    });

  /** Its PID is not reused before it is reaped, so look at it now. */
  private orphan(pid: number): Orphan | undefined {
    const known = this.known.get(pid);
    if (known) return known;
    const stat = readStat(pid);
    const orphan = stat && { ...stat, mark: markOf(pid) };
    if (orphan) this.known.set(pid, orphan);
    return orphan;
  }

  /** Every process below imp except the guard. */
  everybody(): Scope {
    return { below: [ownPid()], groups: [...this.alive.keys()], except: [this.guard.pid] };
  }

  /** When to call {@link look}, on the clock of runtime.now(). */
  get due(): number {
    return this.guard.due;
  }

  look(now: number): void {
    this.guard.look(now);
  }

  dismissGuard(): void {
    this.guard.dismiss();
  }
}
