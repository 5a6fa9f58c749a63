import { readTextOrNothing } from "../libc/descriptors/files.ts";
import { listDirectory } from "../libc/descriptors/stat.ts";
import { snapshot } from "./processes.ts";

/** The children that a process has now, those it has adopted included; for each of its threads in order of getting them. */
export function childrenOf(pid: number): number[] {
  const threads = listDirectory(`/proc/${pid}/task`);
  if (typeof threads === "string") return [];
  // A child belongs to the thread that has forked it.
  const texts = threads.map((thread) => readTextOrNothing(`/proc/${pid}/task/${thread}/children`));
  if (texts.some((text) => text !== undefined)) {
    return texts.flatMap((text) => text?.split(" ").filter((word) => word !== "") ?? []).map(
      Number,
    );
  }
  // A kernel without CONFIG_PROC_CHILDREN: everybody is asked for his parent.
  return [...snapshot().values()].filter(({ ppid }) => ppid === pid).map((stat) => stat.pid);
}
