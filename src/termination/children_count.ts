import { FLOOR } from "../libc/descriptors/reserved.ts";
import { O_RDONLY } from "../libc/abi.ts";
import { moveUp, tryOpen } from "../libc/descriptors/files.ts";
import { ownPid } from "../libc/processes/process.ts";
import { readAt } from "../libc/descriptors/spool.ts";
import { snapshot } from "../procfs/processes.ts";

const BLOCK = 1 << 16;
const SPACE = 32;

/**
 * This process' children, adopted orphans included: imp is a subreaper, so if it has only children that it started
 * itself, no ended job has left anything behind.
 */
export class ChildrenCount {
  private readonly fd: number;

  constructor() {
    const fd = tryOpen(`/proc/self/task/${ownPid()}/children`, O_RDONLY);
    this.fd = fd < 0 ? fd : moveUp(fd, FLOOR.job);
  }

  /** @returns undefined if the kernel does not list them (CONFIG_PROC_CHILDREN), or there are too many to count */
  now(): number | undefined {
    const text = this.read();
    if (!text) return undefined;
    let count = 0;
    for (let i = 0; i < text.length; i++) if (text[i] === SPACE) count++;
    return count;
  }

  /** Their PIDs. @throws ImpError if the kernel does not list them and /proc cannot be listed either */
  pids(): number[] {
    const text = this.read();
    if (text) return new TextDecoder().decode(text).split(" ").filter((word) => word).map(Number);
    return [...snapshot().values()].filter(({ ppid }) => ppid === ownPid()).map(({ pid }) => pid);
  }

  private read(): Uint8Array | undefined {
    if (this.fd < 0) return undefined;
    const text = readAt(this.fd, 0, BLOCK);
    return typeof text === "number" || text.length === BLOCK ? undefined : text;
  }
}
