import { exitOf } from "../../libc/processes/pidfd.ts";
// A turn's questions about a program that is not a child of its waiters.
import { nap } from "../../libc/time.ts";
import { type Ending, endingOf } from "../../libc/processes/wait.ts";
import { readStat } from "../../procfs/stat.ts";
import type { ProcessIdentity } from "../../termination/identity.ts";
import { WAITER_FD } from "../waiter/page_layout.ts";
import { type KeptSettings, notifiedCount } from "../records/kept_settings.ts";

/** A busy parent reaps within this, ms. */
const REAPED_MS = 300;

/** The index of the pidfd of a program that is not a child of the waiters, among their watched descriptors. */
function adoptedWatched(settings: Pick<KeptSettings, "ready" | "watchdogMs">): number {
  return notifiedCount(settings);
}

/**
 * In a turn: how an adopted program ended, if the kernel tells: for a zombie to a process that may trace it, and from
 * Linux 6.15 on once its parent has reaped it, which may take a moment.
 */
export function adoptedEnding(
  program: ProcessIdentity,
  settings: Pick<KeptSettings, "ready" | "watchdogMs">,
): Ending | undefined {
  const pidfd = WAITER_FD.watched + adoptedWatched(settings);
  for (let waited = 0;; waited++) {
    const ending = exitOf(pidfd) ?? endingOfZombie(program);
    const isThere = readStat(program.pid)?.startTicks === program.startTicks;
    if (ending || waited === REAPED_MS) return ending;
    // Reaped, and the kernel has kept nothing.
    if (!isThere) return exitOf(pidfd);
    nap(1);
  }
}

/** How an unreaped process ended, if the kernel shows that. */
export function endingOfZombie({ pid, startTicks }: ProcessIdentity): Ending | undefined {
  const stat = readStat(pid);
  if (stat?.startTicks !== startTicks || stat.state !== "Z") return undefined;
  // 0 is also what the kernel shows to those who may not know.
  return stat.exitStatus === 0 ? undefined : endingOf(stat.exitStatus);
}
