import { SIGKILL } from "../libc/abi.ts";
import { sendSignal } from "../libc/processes/signals.ts";
import { listDirectory } from "../libc/descriptors/stat.ts";
import { ownPid } from "../libc/processes/process.ts";
import { readStat } from "../procfs/stat.ts";

const ROUNDS = 100;

/**
 * Ends a daemon that was started a moment ago and must not stay, with everything in its session. Again and again until
 * none is left, because one that is just forking shows its child only in the next look.
 */
export function endSession(pid: number): void {
  const session = readStat(pid)?.sid;
  sendSignal(pid, SIGKILL);
  if (session === undefined) return;
  for (let round = 0; round < ROUNDS; round++) {
    const members = livingMembers(session);
    if (members.length === 0) return;
    for (const member of members) sendSignal(member, SIGKILL);
  }
}

function livingMembers(session: number): number[] {
  const names = listDirectory("/proc");
  if (typeof names === "string") return [];
  return names.filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    if (pid === ownPid()) return false;
    const stat = readStat(pid);
    return stat?.sid === session && stat.state !== "Z" && stat.state !== "X";
  });
}
