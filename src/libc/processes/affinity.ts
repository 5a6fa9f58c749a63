import { allocate, scratch } from "../calling/memory.ts";
import { syscall } from "../calling/load.ts";

/** Bytes of a CPU mask: 8192 CPUs, as many as Linux can have. */
const MASK_BYTES = 1024;

/** How many CPUs this process may run on; at least 1. */
export function usableCpus(): number {
  return scratch(() => {
    const mask = allocate(MASK_BYTES);
    const bytes = syscall("sched_getaffinity", 0, MASK_BYTES, mask.address);
    let cpus = 0;
    for (let i = 0; i < bytes; i++) {
      for (let byte = mask.bytes[i]; byte > 0; byte >>= 1) cpus += byte & 1;
    }
    return Math.max(1, cpus);
  });
}

/**
 * Runs `work` on one CPU, sched_setaffinity(2), then restores this thread's affinity.
 * @returns undefined if this process may not run on that CPU
 */
export function onCpu<T>(cpu: number, work: () => T): T | undefined {
  return scratch(() => {
    const before = allocate(MASK_BYTES);
    const only = allocate(MASK_BYTES);
    only.bytes[cpu >> 3] = 1 << (cpu & 7);
    if (syscall("sched_getaffinity", 0, MASK_BYTES, before.address) < 0) return undefined;
    if (syscall("sched_setaffinity", 0, MASK_BYTES, only.address) < 0) return undefined;
    try {
      return work();
    } finally {
      syscall("sched_setaffinity", 0, MASK_BYTES, before.address);
    }
  });
}
