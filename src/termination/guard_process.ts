import { SIGSTOP } from "../libc/abi.ts";
import { closeFile, readToEnd } from "../libc/descriptors/files.ts";
import { libc } from "../libc/calling/load.ts";
import { runtime } from "../runtime/mod.ts";
import { readStat } from "../procfs/stat.ts";
import { killCgroup } from "./cgroup.ts";
import { signalProcess } from "./identity.ts";
import { lookOnce } from "./look.ts";
import type { StopSchedule } from "./schedule.ts";
import type { Look, Scope } from "./scope.ts";
import { hasId, TaggedTree } from "./tagged_tree.ts";
import { Termination, untilOver } from "./termination.ts";

const TABLE = 3;
/**
 * What is below those at the top. One look may miss a process: one that starts another and ends meanwhile can hide
 * both. After so many KILLs, what is left may not be killed by us or cannot end: the others need not wait for it.
 */
const BELOW: StopSchedule = { steps: [], quietLooks: 2, mostKills: 40 };
/** A process between fork and exec carries its parent's tag, or none yet. */
const ALL: StopSchedule = { steps: [], quietLooks: 4 };
/** How often a process is checked for the tag while it seems to be the same program: it may be about to execute one. */
const READINGS = 4;
/** How often to try removing a control group: the kernel empties it soon. */
const MOST_REMOVALS = 200;

/** Waits until the guarded imp is gone. Without a shell, the guard is imp from the start. */
export function pipeClosed(): void {
  const PIPE = 0;
  readToEnd(PIPE, "the pipe to imp");
}

/**
 * What a guard does when its imp has died: kills the processes in the table and all that carry the tag, with all
 * descendants. They are found before anything is killed: afterwards nobody would be their ancestor.
 * @param tag the environment variable
 * @param since a start in clock ticks: older processes are not guarded; the guard's own start when empty or left out
 * @param cgroup the control group of what was started, if it has one
 */
export async function endGuarded(
  tag: string,
  id: string,
  since?: string,
  cgroup?: string,
): Promise<void> {
  const named = namedInTable();
  const tree = new TaggedTree({
    variable: tag,
    matches: hasId([id]),
    groups: named,
    since: since ? Number(since) : readStat("self")?.startTicks,
    readings: READINGS,
  });
  for (const pid of named) tree.note(pid);
  let tries = 0;
  let removed = cgroup === undefined;
  const isRemoved = () => removed ||= killCgroup(cgroup!) || ++tries > MOST_REMOVALS;
  const below = new Termination((processes) => belowStopped(tree, processes), BELOW);
  const all = new Termination(tree.scope, ALL, { due: 0, isProven: isRemoved });
  for (const termination of [below, all]) {
    for (const pause of untilOver(termination)) {
      isRemoved();
      await runtime.sleep(pause);
    }
  }
}

/**
 * First ends what is below while the processes at the top are stopped: a daemonic process is a subreaper, and what is
 * born during the killing stays below it while it exists.
 */
function belowStopped(tree: TaggedTree, processes: Look): Scope {
  const { members } = lookOnce(tree.scope(processes), processes);
  const pids = new Set(members.map(({ pid }) => pid));
  const tops = members.filter(({ ppid }) => !pids.has(ppid));
  for (const top of tops) if (top.state !== "T") signalProcess(top, SIGSTOP);
  return { below: tops.map(({ pid }) => pid) };
}

function namedInTable(): number[] {
  libc("lseek").lseek(TABLE, 0, 0);
  const bytes = readToEnd(TABLE, "the guard's table");
  closeFile(TABLE);
  const table = new Int32Array(bytes.slice(0, bytes.length & ~3).buffer);
  return [...table.filter((pid) => pid > 1)];
}
