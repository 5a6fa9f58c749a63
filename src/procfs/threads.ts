import { listDirectory } from "../libc/descriptors/stat.ts";
import { parseStat, type ProcStat } from "./stat.ts";
import { readRecord } from "../libc/descriptors/files.ts";

/** A thread of a process. */
export type ThreadStat = Pick<ProcStat, "pid" | "comm" | "state" | "userTicks" | "systemTicks">;

/** The threads of a process in order of number, at most `limit`; none if it is gone. */
export function readThreads(pid: number, limit: number): ThreadStat[] {
  const names = listDirectory(`/proc/${pid}/task`);
  if (typeof names === "string") return [];
  const numbers = names.map(Number).sort((a, b) => a - b).slice(0, limit);
  return numbers.flatMap((thread) => {
    const line = readRecord(`/proc/${pid}/task/${thread}/stat`);
    return (typeof line === "number" ? undefined : parseStat(line)) ?? [];
  });
}
