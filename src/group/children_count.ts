import { moveUp, O_RDONLY, tryOpen } from "../libc/files.ts";
import { ownPid } from "../libc/process.ts";
import { readAt } from "../libc/spool.ts";

const LOWEST_DESCRIPTOR = 20;
const BLOCK = 1 << 16;
const SPACE = 32;

/**
 * How many children this process has now, adopted orphans included: imp is a subreaper, so when only those are there that
 * it started itself, no job that has ended left anybody behind.
 */
export class ChildrenCount {
  private readonly fd: number;

  constructor() {
    const fd = tryOpen(`/proc/self/task/${ownPid()}/children`, O_RDONLY);
    this.fd = fd < 0 ? fd : moveUp(fd, LOWEST_DESCRIPTOR);
  }

  /** @returns undefined where the kernel does not tell (CONFIG_PROC_CHILDREN), or where there are too many to count */
  now(): number | undefined {
    if (this.fd < 0) return undefined;
    const text = readAt(this.fd, 0, BLOCK);
    if (typeof text === "number" || text.length === BLOCK) return undefined;
    let count = 0;
    for (let i = 0; i < text.length; i++) if (text[i] === SPACE) count++;
    return count;
  }
}
