import { readTextOrNothing } from "../libc/descriptors/files.ts";
import { listDirectory } from "../libc/descriptors/stat.ts";
import { snapshot } from "./processes.ts";

/** The children that a process has now, those it has adopted included; for each of its threads in order of getting them. */
export function childrenOf(pid: number): number[] {
  return listedChildren(pid) ??
    [...snapshot().values()].filter(({ ppid }) => ppid === pid).map((stat) => stat.pid);
}

/** Those of some processes that have children now, zombies and those they have adopted included. */
export function parentsAmong(pids: readonly number[]): number[] {
  let parents: Set<number> | undefined;
  return pids.filter((pid) => {
    const children = listedChildren(pid);
    if (children) return children.length > 0;
    parents ??= new Set([...snapshot().values()].map(({ ppid }) => ppid));
    return parents.has(pid);
  });
}

/** @returns undefined where the kernel does not tell (CONFIG_PROC_CHILDREN): everybody has to be asked for his parent */
function listedChildren(pid: number): number[] | undefined {
  const threads = listDirectory(`/proc/${pid}/task`);
  if (typeof threads === "string") return [];
  // A child belongs to the thread that has forked it.
  const texts = threads.map((thread) => readTextOrNothing(`/proc/${pid}/task/${thread}/children`));
  if (texts.every((text) => text === undefined)) return undefined;
  return texts.flatMap((text) => text?.split(" ").filter((word) => word !== "") ?? []).map(Number);
}
