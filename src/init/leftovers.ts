import { isInit, ownPid } from "../libc/processes/process.ts";
import { readCmdline } from "../procfs/cmdline.ts";
import { Unreadable } from "../procfs/read.ts";
import { listTree, procShowsUs } from "../termination/look.ts";
import type { Scope } from "../termination/scope.ts";

/** A process that outlived the program. */
export interface Leak {
  readonly pid: number;
  /** Its command line, or its short name where that cannot be read. */
  readonly words: readonly string[];
}

/**
 * What is left when the program has ended: all descendants of this process, since it adopts every orphan.
 * @param program its group is all that can be reached where /proc does not tell
 */
export function leftoversOf(program: number): Scope {
  // PID 1 has nobody beside it, and this reaches all others at one instant, so that nothing can be forked past it: kill(2).
  if (isInit()) return { unseen: -1 };
  return procShowsUs() ? { below: [ownPid()] } : { unseen: -program };
}

/** Nothing where /proc does not tell. */
export function listLeaks(): Leak[] {
  if (!procShowsUs()) return [];
  return listTree({ below: [ownPid()] }).map(({ pid, comm }) => {
    const words = readCmdline(pid);
    return { pid, words: words instanceof Unreadable || words.length === 0 ? [comm] : words };
  });
}
