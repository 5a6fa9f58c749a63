import { ESRCH } from "../libc/abi.ts";
import { ImpError } from "../base/errors.ts";
import { readLink } from "../libc/descriptors/files.ts";
import { groupOf } from "../libc/processes/job_control.ts";
import { closePidfd, openPidfd, signalPidfd } from "../libc/processes/pidfd.ts";
import { ownPid } from "../libc/processes/process.ts";
import { sendSignal } from "../libc/processes/signals.ts";
import { newestPid, snapshot } from "../procfs/processes.ts";
import { readStat } from "../procfs/stat.ts";
import { type Kin, membersOf, type Scope, type Target, targetsFor } from "./scope.ts";

/** What a look at /proc has shown, by PID. */
export type Look = ReadonlyMap<number, Kin>;

/** Whom a signal reached. */
export interface Reach {
  readonly reached: readonly Kin[];
  /** Processes of other users: kill(2) says EPERM. */
  readonly refused: readonly Kin[];
}

/** Where others fork all the time, nobody can be looked for at a moment without births. */
const MOST_LOOKS = 4;

/** Sends a signal to every process of a tree, once. @throws ImpError where /proc cannot be listed */
export function signalTree(scope: Scope, number: number): Reach {
  const processes = snapshot();
  return signalMembers(membersOf(scope, processes, ownPid()), processes, number);
}

/** Sends a signal to some of the processes of a snapshot. */
export function signalMembers(
  members: readonly Kin[],
  processes: ReadonlyMap<number, Kin>,
  number: number,
): Reach {
  const reached: Kin[] = [];
  const refused: Kin[] = [];
  for (const target of targetsFor(members, processes, groupOf(0))) {
    const those = "group" in target ? target.members : [target.process];
    (send(target, number) ? reached : refused).push(...those);
  }
  return { reached, refused };
}

/**
 * The processes of a tree now, zombies left out. A look at /proc is no moment: one that starts another and ends meanwhile
 * can hide both, so that nobody is believed to be there only when nobody was born during the look, or after several.
 * @param scope may depend on what each look shows
 * @throws ImpError where /proc cannot be listed
 */
export function listTree(scope: Scope | ((processes: Look) => Scope)): Kin[] {
  for (let look = 1;; look++) {
    const newest = newestPid();
    const processes = snapshot();
    const members = listTreeIn(typeof scope === "function" ? scope(processes) : scope, processes);
    if (members.length > 0 || look === MOST_LOOKS || newest === newestPid()) return members;
  }
}

/** Those of a tree that a look at /proc has found. */
export function listTreeIn(scope: Scope, processes: Look): Kin[] {
  return membersOf(scope, processes, ownPid());
}

/**
 * Whether /proc tells of the processes that kill(2) reaches. In a PID namespace without a /proc of its own it shows
 * those of an outer one, whose numbers mean other processes here.
 */
export function procShowsUs(): boolean {
  return readLink("/proc/self") === String(ownPid()) && readStat("self") !== undefined;
}

/** @returns false when we may not signal it; what has ended meanwhile counts as reached */
function send(target: Target, number: number): boolean {
  try {
    if ("group" in target) sendSignal(-target.group, number);
    else sendExactly(target.process, number);
    return true;
  } catch (error) {
    if (error instanceof ImpError && error.errno === "EPERM") return false;
    throw error;
  }
}

/** Signals that process and no later one that got its PID: the descriptor holds it while its start time is compared. */
function sendExactly({ pid, startTicks }: Kin, number: number): void {
  const fd = openPidfd(pid);
  if (fd === -ESRCH) return;
  if (fd < 0) {
    // No pidfd here: Linux before 5.3, or a container whose filter forbids it.
    sendSignal(pid, number);
    return;
  }
  try {
    if (readStat(pid)?.startTicks !== startTicks) return;
    const code = signalPidfd(fd, number);
    if (code !== 0 && code !== ESRCH) sendSignal(pid, number);
  } finally {
    closePidfd(fd);
  }
}
