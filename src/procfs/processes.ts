import { DESCRIPTOR_LIMIT_HINT } from "../libc/calling/errno.ts";
import { readTextOrNothing } from "../libc/descriptors/files.ts";
import { linkCount, listDirectory } from "../libc/descriptors/stat.ts";
import { systemError } from "../libc/calling/errno.ts";
import { type ProcStat, readStat } from "./stat.ts";

/** What to do about a /proc that cannot be listed. */
const HINTS: Record<string, string> = {
  ENOENT: "mount it first: mount -t proc proc /proc",
  EMFILE: DESCRIPTOR_LIMIT_HINT,
};

/** How many processes there are in this PID namespace, from a bit more on: /proc counts them as directories in it. */
export function mostProcesses(): number {
  return linkCount("/proc");
}

/** The PIDs that /proc shows, ascending. @throws ImpError where /proc is not mounted, EMFILE */
export function listPids(): number[] {
  const names = listDirectory("/proc");
  if (typeof names === "string") {
    throw systemError(names, "list", "/proc", { hint: HINTS[names] });
  }
  const pids: number[] = [];
  for (const name of names) {
    const pid = Number(name);
    if (pid > 0) pids.push(pid);
  }
  return pids.sort((a, b) => a - b);
}

/**
 * All processes in one pass, by PID. It is not a snapshot of one moment: a process that ends meanwhile is missing, one
 * that starts may be, and a parent may have ended after its child was read.
 */
export function snapshot(): Map<number, ProcStat> {
  const processes = new Map<number, ProcStat>();
  for (const pid of listPids()) {
    const stat = readStat(pid);
    if (stat) processes.set(pid, stat);
  }
  return processes;
}

const MOST_ANCESTORS = 64;

/** The parent of a process, its parent and so on, each read when asked for; at most {@link MOST_ANCESTORS}. */
export function* ancestors({ ppid }: Pick<ProcStat, "ppid">): Generator<ProcStat, void> {
  for (let i = 0, next = ppid; i < MOST_ANCESTORS && next > 0; i++) {
    const stat = readStat(next);
    if (!stat) return;
    yield stat;
    next = stat.ppid;
  }
}

/** The current children of a process, adopted ones included; per thread, in the order in which they were added. */
export function childrenOf(pid: number): number[] {
  return listedChildren(pid) ??
    [...snapshot().values()].filter(({ ppid }) => ppid === pid).map((stat) => stat.pid);
}

/** Which of these processes have children now, counting zombies and adopted ones. */
export function parentsAmong(pids: readonly number[]): number[] {
  let parents: Set<number> | undefined;
  return pids.filter((pid) => {
    const children = listedChildren(pid);
    if (children) return children.length > 0;
    parents ??= new Set([...snapshot().values()].map(({ ppid }) => ppid));
    return parents.has(pid);
  });
}

/**
 * @returns undefined if the kernel does not list children (CONFIG_PROC_CHILDREN): then every process' parent must be
 * read
 */
function listedChildren(pid: number): number[] | undefined {
  const threads = listDirectory(`/proc/${pid}/task`);
  if (typeof threads === "string") return [];
  // A child belongs to the thread that has forked it.
  const texts = threads.map((thread) => readTextOrNothing(`/proc/${pid}/task/${thread}/children`));
  if (texts.every((text) => text === undefined)) return undefined;
  return texts.flatMap((text) => text?.split(" ").filter((word) => word !== "") ?? []).map(Number);
}
