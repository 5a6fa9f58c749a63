import { SIGKILL } from "../libc/abi.ts";
import { ImpError } from "../base/errors.ts";
import { sendSignal } from "../libc/processes/signals.ts";
import { readVariable } from "../procfs/environ.ts";
import { listPids } from "../procfs/processes.ts";
import { readStat } from "../procfs/stat.ts";
import { runtime } from "../runtime/mod.ts";

/** Every process that a scenario starts has it: `RUN/SCENARIO`. */
export const SCENE_VARIABLE = "IMP_LAB_SCENE";

const PAUSE_MS = 10;
const ROUNDS = 300;
/** Rounds in a row that find nothing: a process between fork and exec carries no tag yet. */
const QUIET_ROUNDS = 3;

/** The processes that carry the mark of a scenario and have not ended. */
export function remains(scene: string): number[] {
  return listPids().filter((pid) => {
    if (readVariable(pid, SCENE_VARIABLE) !== scene) return false;
    const stat = readStat(pid);
    return stat !== undefined && stat.state !== "Z" && stat.state !== "X";
  });
}

/** Kills all that is left of a scenario. @returns false when something does not end */
export async function endRemains(scene: string, reap: () => void): Promise<boolean> {
  let quiet = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const left = remains(scene);
    for (const pid of left) kill(pid);
    reap();
    quiet = left.length === 0 ? quiet + 1 : 0;
    if (quiet === QUIET_ROUNDS) return true;
    await runtime.sleep(PAUSE_MS);
  }
  return false;
}

function kill(pid: number): void {
  try {
    sendSignal(pid, SIGKILL);
  } catch (error) {
    // EPERM: it has become another user's. It is told about in the end.
    if (!(error instanceof ImpError)) throw error;
  }
}
