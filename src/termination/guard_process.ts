import { SIGKILL, SIGSTOP } from "../libc/abi.ts";
import { closeFile, readToEnd } from "../libc/descriptors/files.ts";
import { libc } from "../libc/calling/load.ts";
import { runtime } from "../runtime/mod.ts";
import { sendSignal } from "../libc/processes/signals.ts";
import { killCgroup } from "./cgroup.ts";
import type { Kin, Scope } from "./scope.ts";
import { listTree, signalTree } from "./signal_tree.ts";
import { TaggedTree } from "./tagged_tree.ts";

const TABLE = 3;
const PAUSE_MS = 5;
const ROUNDS = 200;
/** Rounds in a row that find nothing: a process between fork and exec carries its parent's tag, or none yet. */
const QUIET_ROUNDS = 4;
/**
 * So many looks in a row have to find nothing below those on top. One look is not a moment: a process that starts another
 * and ends meanwhile can hide both.
 */
const LONELY_ROUNDS = 2;
/** After so many, what is below may not be killed by us, or cannot end: the others need not wait for it. */
const PATIENT_ROUNDS = 40;

/** Waits until the imp that is guarded is gone. Where there is no shell, the guard is imp from the start. */
export function pipeClosed(): void {
  const PIPE = 0;
  readToEnd(PIPE, "the pipe to imp");
}

/**
 * What a guard does when its imp has died: kills what the table names and whatever carries the tag, with all descendants.
 * These are looked for before anything is killed: afterwards they would be nobody's.
 * @param tag the environment variable
 * @param cgroup the control group of what was started, if it has one
 */
export async function endGuarded(tag: string, id: string, cgroup?: string): Promise<void> {
  const named = namedInTable();
  const tree = new TaggedTree(tag, [id], named);
  for (const pid of named) tree.note(pid);
  let removed = cgroup === undefined;
  let quiet = 0;
  let lonely = 0;
  for (let round = 0; round < ROUNDS && quiet < QUIET_ROUNDS; round++) {
    let scope: Scope = {};
    const left = listTree((processes) => scope = tree.scope([], processes));
    tree.remember(left);
    removed ||= killCgroup(cgroup!);
    if (left.length > 0) {
      const patiently = round < PATIENT_ROUNDS && lonely < LONELY_ROUNDS;
      lonely = kill(scope, left, patiently) ? lonely + 1 : 0;
    }
    quiet = left.length === 0 && removed ? quiet + 1 : 0;
    await runtime.sleep(PAUSE_MS);
  }
}

/**
 * First what is below, while the processes on top are stopped: a daemonic process is a subreaper, and what is born while
 * others are being killed stays below it as long as it is there.
 * @returns whether those on top are all there is
 */
function kill(scope: Scope, left: readonly Kin[], patiently: boolean): boolean {
  const pids = new Set(left.map(({ pid }) => pid));
  const tops = left.filter(({ ppid }) => !pids.has(ppid)).map(({ pid }) => pid);
  const alone = tops.length === left.length;
  if (!patiently) signalTree(scope, SIGKILL);
  else for (const pid of tops) stop(pid);
  if (patiently && !alone) signalTree({ below: tops }, SIGKILL);
  return alone;
}

function stop(pid: number): void {
  try {
    sendSignal(pid, SIGSTOP);
  } catch {
    // Another user's, as a set-user-ID program is.
  }
}

function namedInTable(): number[] {
  libc("lseek").lseek(TABLE, 0, 0);
  const bytes = readToEnd(TABLE, "the guard's table");
  closeFile(TABLE);
  const table = new Int32Array(bytes.slice(0, bytes.length & ~3).buffer);
  return [...table.filter((pid) => pid > 1)];
}
