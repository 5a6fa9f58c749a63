// What tables of processes say of one: imp tree, imp inspect of several.
import { formatSize } from "../base/size.ts";
import { printable, shellLine } from "../cli/printable.ts";
import type { KindName } from "../inspect/kind.ts";
import { type BootClock, bootClock, pageBytes, startTime } from "../procfs/boot.ts";
import { readCmdline } from "../procfs/cmdline.ts";
import { orUndefined } from "../procfs/read.ts";
import type { ProcStat } from "../procfs/stat.ts";

export const KIND_WORDS: Record<KindName, string> = {
  "kernel-thread": "kernel",
  init: "init",
  zombie: "zombie",
  shell: "shell",
  "session-leader": "main program",
  "foreground-job": "foreground",
  "stopped-job": "stopped",
  "background-job": "background",
  "nohup-job": "nohup'ed",
  "shell-group": "shell's group",
  detached: "detached",
  "own-session": "own session",
  daemon: "daemon",
  orphan: "orphan",
  child: "child",
};

/** The cells of a table of processes; what many rows need is read once. */
export class ProcessCells {
  private readonly commands = new Map<number, string>();
  private readonly clock: BootClock = bootClock();
  private readonly page = pageBytes();
  private readonly now = Date.now();

  /** The command line, or what ps(1) shows if there is none: the short name in brackets. */
  command(stat: ProcStat): string {
    return this.commands.getOrInsertComputed(stat.pid, () => {
      const words = stat.state === "Z" ? [] : orUndefined(readCmdline(stat.pid)) ?? [];
      return words.length ? shellLine(words) : `[${printable(stat.comm)}]`;
    });
  }

  /** Of one processor since its start, in percent. */
  cpuPercent({ userTicks, systemTicks, startTicks }: ProcStat): number {
    // Boot time is known only to the second: a new process may seem to start in the future.
    const age = Math.max(1000, this.now - startTime({ startTicks }, this.clock));
    return 100 * (userTicks + systemTicks) * this.clock.tickMs / age;
  }

  residentBytes({ residentPages }: ProcStat): number {
    return Math.max(0, residentPages) * this.page;
  }

  ageMs({ startTicks }: ProcStat): number {
    return Math.max(0, this.now - startTime({ startTicks }, this.clock));
  }

  /** @param alike several processes in one row: their sums */
  cpuCell(alike: readonly ProcStat[]): string {
    return percent(alike.reduce((sum, stat) => sum + this.cpuPercent(stat), 0));
  }

  /** Like {@link cpuCell}. Shared memory counts for each of them. */
  memoryCell(alike: readonly ProcStat[]): string {
    const bytes = alike.reduce((sum, stat) => sum + this.residentBytes(stat), 0);
    return bytes === 0 ? "-" : formatSize(bytes);
  }
}

/** Of one processor. */
export function percent(value: number): string {
  return `${value.toFixed(value < 9.95 ? 1 : 0)}%`;
}
