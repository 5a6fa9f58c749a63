// What a program has left below its keepers: the process that becomes the program, or what a killed turn had started.
import { O_NOCTTY, O_NONBLOCK, O_RDONLY } from "../../libc/abi.ts";
import { closeFile, readLink, readSome, tryOpen } from "../../libc/descriptors/files.ts";
import { statFd } from "../../libc/descriptors/stat.ts";
import { ownPid, parentPid } from "../../libc/processes/process.ts";
import { readVariable } from "../../procfs/cmdline.ts";
import { ancestors } from "../../procfs/processes.ts";
import { byAge, isZombie, type ProcStat, readStat } from "../../procfs/stat.ts";
import type { ProcessIdentity } from "../../termination/identity.ts";
import { HOOK_VARIABLE, isLogWatch, isOthersWaiter, KEPT_TAG } from "../tree/kept_marks.ts";
import { runningChildrenOf } from "../tree/running_children.ts";
import type { ProgramEnd } from "../policy/run_end.ts";
import type { TurnRecords } from "./turn_records.ts";
import type { KeeperPage } from "../waiter/keeper_page.ts";
import type { KeptSettings } from "../records/kept_settings.ts";

/**
 * The running children of a daemon's waiters that are neither waiters nor this turn nor `program`. Kept daemons started
 * from within it do not belong to it.
 */
export function leftRoots(page: KeeperPage, program = 0): ProcStat[] {
  const { guard, keeper } = page;
  const waiters = [...new Set([guard, keeper, parentPid()].filter((pid) => pid > 1))];
  const except = new Set([...waiters, ownPid(), program]);
  return runningChildrenOf(
    waiters,
    (stat) => !except.has(stat.pid) && !isOthersWaiter(stat) && !isLogWatch(stat),
  );
}

/** Which process becomes the program when its first process has ended successfully. */
export function heirOf(
  { ending, pid }: Pick<ProgramEnd, "ending" | "pid">,
  page: KeeperPage,
  { state, settings, intent }: Pick<TurnRecords, "state" | "settings" | "intent">,
): ProcessIdentity | undefined {
  const well = ending?.how === "exit" && ending.code === 0;
  const goesOn = intent.wanted === "run" && intent.startSerial === state.startSerial;
  if (!well || !goesOn || !["starting", "running"].includes(state.phase)) return undefined;
  const left = leftRoots(page, pid);
  const heir = left.length === 0 ? undefined : heirAmong(left, settings);
  if (heir) page.program = heir.pid;
  return heir;
}

/** Which of the remaining processes becomes the program. */
export function heirAmong(
  left: readonly ProcStat[],
  settings: Pick<KeptSettings, "forking" | "pidfile">,
): ProcessIdentity | undefined {
  const named = settings.pidfile === undefined
    ? undefined
    : processOfPidfile(settings.pidfile, left);
  if (named) return named;
  const roots = left.filter(({ pid }) => readVariable(pid, HOOK_VARIABLE) === undefined);
  if (roots.length !== 1 && !settings.forking) return undefined;
  const [oldest] = [...roots].sort(byAge);
  return oldest && identity(oldest);
}

/** Trusted only for one of the remaining processes, or one below them. */
function processOfPidfile(
  path: string,
  left: readonly ProcStat[],
): ProcessIdentity | undefined {
  const pid = /^\s*(\d{1,9})\s*$/.exec(textOfPidfile(path))?.[1];
  const stat = pid === undefined ? undefined : readStat(Number(pid));
  if (!stat || isZombie(stat)) return undefined;
  const roots = new Set(left.map((one) => one.pid));
  const family = [stat, ...ancestors(stat)];
  return family.some((one) => roots.has(one.pid)) ? identity(stat) : undefined;
}

/** Whoever controls the path may have put something else there: do not wait for a pipe, or read a device. */
function textOfPidfile(path: string): string {
  const fd = tryOpen(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return "";
  const bytes = statFd(fd).kind === "file" ? readSome(fd) : 0;
  closeFile(fd);
  return typeof bytes === "number" ? "" : new TextDecoder().decode(bytes);
}

/**
 * The process that an earlier turn started for a run but could not record.
 * @returns "unknown": one is about to be executed, and its environment will show what it is
 */
export function startedBefore(
  left: readonly ProcStat[],
  tag: string,
): ProcessIdentity | "unknown" | undefined {
  const own = readLink("/proc/self/exe");
  let unknown = false;
  for (const stat of left) {
    if (readVariable(stat.pid, KEPT_TAG) === tag) return identity(stat);
    // Between fork and exec it is still imp.
    unknown ||= readLink(`/proc/${stat.pid}/exe`) === own;
  }
  return unknown ? "unknown" : undefined;
}

function identity({ pid, startTicks }: ProcStat): ProcessIdentity {
  return { pid, startTicks };
}
