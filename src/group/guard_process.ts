import { killCgroup } from "./cgroup.ts";
import { closeFile, readToEnd } from "../libc/files.ts";
import { libc } from "../libc/load.ts";
import { ownPid } from "../libc/process.ts";
import { sendSignal } from "../libc/signals.ts";
import { readEnviron } from "../procfs/environ.ts";
import { listPids } from "../procfs/processes.ts";
import { Unreadable } from "../procfs/read.ts";
import { readStat } from "../procfs/stat.ts";
import { runtime } from "../runtime/mod.ts";

const TABLE = 3;
const SIGKILL = 9;
const PAUSE_MS = 5;
const ROUNDS = 200;
/** Rounds in a row that find nothing: a process between fork and exec carries its parent's tag, or none yet. */
const QUIET_ROUNDS = 4;

/**
 * What a guard does when its imp has died: kills what the table names, then whatever carries the tag.
 * @param tag the environment variable
 * @param cgroup the control group of what was started, if it has one
 */
export async function endGuarded(tag: string, id: string, cgroup?: string): Promise<void> {
  let removed = cgroup === undefined || killCgroup(cgroup);
  for (const pid of named()) {
    kill(-pid);
    kill(pid);
  }
  let quiet = 0;
  for (let round = 0; round < ROUNDS && quiet < QUIET_ROUNDS; round++) {
    removed ||= killCgroup(cgroup!);
    quiet = killTagged(tag, id) === 0 && removed ? quiet + 1 : 0;
    await runtime.sleep(PAUSE_MS);
  }
}

function named(): number[] {
  libc("lseek").lseek(TABLE, 0, 0);
  const bytes = readToEnd(TABLE, "the guard's table");
  closeFile(TABLE);
  const table = new Int32Array(bytes.slice(0, bytes.length & ~3).buffer);
  return [...table.filter((pid) => pid > 1)];
}

function killTagged(tag: string, id: string): number {
  const own = ownPid();
  let killed = 0;
  for (const pid of listPids()) {
    if (pid === own) continue;
    const environment = readEnviron(pid);
    if (environment instanceof Unreadable) continue;
    if (!environment.get(tag)?.split(":").includes(id)) continue;
    if (readStat(pid)?.state === "Z") continue;
    killed++;
    kill(pid);
  }
  return killed;
}

function kill(pid: number): void {
  try {
    sendSignal(pid, SIGKILL);
  } catch {
    // Another user's, as a set-user-ID program is: nothing can be done about it.
  }
}
