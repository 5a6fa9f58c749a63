import { Ending } from "../group/ending.ts";
import { Guard } from "../group/guard.ts";
import type { Scope } from "../group/scope.ts";
import { readEnviron } from "../procfs/environ.ts";
import { listPids } from "../procfs/processes.ts";
import { Unreadable } from "../procfs/read.ts";
import { readStat } from "../procfs/stat.ts";
import { tryWait } from "../libc/wait.ts";
import { runtime } from "../runtime/mod.ts";
import type { Bytes } from "../libc/spawn.ts";

/** Every daemonic process and all that it starts have it: the ids of the programs that they must not outlive. */
export const DAEMONIC_TAG = "IMP_DAEMONIC_ID";

const SIGTERM = 15;
/** How long daemonic processes may take to end once they are asked to; then they are killed. */
export const GRACE_MS = 5000;

/**
 * All daemonic processes of this program, with whatever they have started. A guard ends them when this process is killed
 * in a way that leaves it no time to do so itself.
 */
export class DaemonicTree {
  private guard: Guard | undefined;
  /** Members by PID, with their start times: what has been seen once is not lost when its parent dies. */
  private readonly members = new Map<number, number>();

  /** The environment of a new daemonic process; starts the guard. @throws ImpError when that is not possible */
  environment(words: readonly Bytes[]): Bytes[] {
    this.guard ??= new Guard({
      command: "process",
      tag: DAEMONIC_TAG,
      self: guardCommand(),
    });
    if (this.guard.pid < 0) this.guard.start();
    else if (tryWait(this.guard.pid) !== "running") this.guard.replace();
    return this.guard.tagged(words);
  }

  /** Whether there may be any. */
  get begun(): boolean {
    return this.guard !== undefined;
  }

  /** Asks all of it to end, then kills; to be advanced until it is over. */
  ending(roots: readonly number[]): Ending {
    for (const pid of roots) this.note(pid);
    return new Ending(() => this.scope(), [{ signal: SIGTERM, wait: GRACE_MS }], runtime.now());
  }

  /** What was found at the last look may have lost its parents by the next one. */
  remember({ left }: Ending): void {
    for (const { pid, startTicks } of left) this.members.set(pid, startTicks);
  }

  /** Nothing is left. */
  dismiss(): void {
    this.guard?.dismiss();
    this.guard = undefined;
    this.members.clear();
  }

  private scope(): Scope {
    const id = this.guard?.id;
    if (id !== undefined) { for (const pid of taggedWith(id)) this.note(pid); }
    return { roots: [...this.members.keys()], starts: this.members };
  }

  private note(pid: number): void {
    if (this.members.has(pid)) return;
    const stat = readStat(pid);
    if (stat) this.members.set(pid, stat.startTicks);
  }
}

function taggedWith(id: string): number[] {
  return listPids().filter((pid) => {
    const environment = readEnviron(pid);
    return !(environment instanceof Unreadable) &&
      environment.get(DAEMONIC_TAG)?.split(":").includes(id);
  });
}

/** The guard becomes imp when this process is gone. */
function guardCommand(): string[] {
  if (runtime.compiled) return [...runtime.selfCommand(), "guard"];
  return [...runtime.moduleCommand(new URL("../child_main.ts", import.meta.url).href), "guard"];
}
