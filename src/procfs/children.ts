import { readTextOrNothing } from "../libc/files.ts";
import { snapshot } from "./processes.ts";

/**
 * The children that the first thread of a process has now, the ones it has adopted included, in the order in which it
 * got them.
 */
export function childrenOf(pid: number): number[] {
  const text = readTextOrNothing(`/proc/${pid}/task/${pid}/children`);
  if (text !== undefined) return text.split(" ").filter((word) => word !== "").map(Number);
  // Gone, or a kernel without CONFIG_PROC_CHILDREN: everybody is asked for his parent.
  return [...snapshot().values()].filter(({ ppid }) => ppid === pid).map((stat) => stat.pid);
}
