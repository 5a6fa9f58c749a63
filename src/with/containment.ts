import { nap } from "../libc/time.ts";
import { RunCgroup } from "../termination/cgroup.ts";
import { ChildrenCount } from "../termination/children_count.ts";
import { Guard } from "../termination/guard.ts";
import type { Kin, Scope } from "../termination/scope.ts";
import { listTree } from "../termination/look.ts";
import { EXIT } from "../base/exit_codes.ts";
import { systemError } from "../libc/calling/errno.ts";
import { becomeSubreaper, isInit, ownPid } from "../libc/processes/process.ts";
import type { Bytes } from "../libc/processes/spawn.ts";
import type { Tell } from "./events.ts";

/** Pauses, of a millisecond, until the kernel has emptied a killed control group. */
const REMOVE_ROUNDS = 200;

/**
 * What lets nothing of a run escape: imp is the subreaper of all, a guard ends it if imp is killed, and a control group
 * holds it where possible.
 */
export class Containment {
  private readonly cgroup = RunCgroup.plan("imp-with");
  private readonly inCgroup: boolean;
  private readonly count = new ChildrenCount();
  private readonly guard: Guard;

  constructor(tell: Tell) {
    const code = isInit() ? 0 : becomeSubreaper();
    if (code !== 0) throw systemError(code, "become", "a subreaper", { exit: EXIT.failed });
    this.guard = new Guard({ command: "with", tag: "IMP_WITH_ID", cgroup: this.cgroup?.path });
    this.guard.start();
    this.inCgroup = this.cgroup?.enter() ?? false;
    const cgroup = this.inCgroup ? this.cgroup?.path : undefined;
    tell({ event: "guarantees", by: { cgroup, pidNamespace: isInit(), guard: this.guard.pid } });
  }

  /** An environment that marks what belongs to the run. */
  tagged(environment: readonly Bytes[]): Bytes[] {
    return this.guard.tagged(environment);
  }

  /** Everything below imp except the guard. */
  scope(): Scope {
    return { below: [ownPid()], except: [this.guard.pid] };
  }

  /**
   * Nothing is below imp except the guard. Cheaper than listing all processes; false also if the kernel does not tell.
   */
  get isAlone(): boolean {
    return this.count.now() === (this.guard.pid > 0 ? 1 : 0);
  }

  /** @returns whether the ended child was the guard; then it is replaced */
  guardEnded(pid: number): boolean {
    if (pid !== this.guard.pid) return false;
    this.guard.replace();
    return true;
  }

  /** A child was stopped. */
  childStopped(pid: number): void {
    if (pid === this.guard.pid) this.guard.resume();
  }

  /** When to call {@link look} next, on the clock of runtime.now(). */
  get due(): number {
    return this.guard.due;
  }

  look(now: number): void {
    this.guard.look(now);
  }

  /** The run is over. @returns what is left all the same: other users' processes, or what the kernel cannot end */
  release(): readonly Kin[] {
    if (this.cgroup && this.inCgroup) this.empty(this.cgroup);
    const left = this.isAlone ? [] : listTree(this.scope());
    this.guard.dismiss();
    return left;
  }

  private empty(cgroup: RunCgroup): void {
    cgroup.leave();
    if (cgroup.populated) cgroup.kill();
    for (let i = 0; i < REMOVE_ROUNDS && !cgroup.remove(); i++) nap(1);
  }
}
