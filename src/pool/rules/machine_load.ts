import { readTextOrNothing } from "../../libc/descriptors/files.ts";

/** The load average of the last minute. */
export function currentLoad(): number {
  return Number((readTextOrNothing("/proc/loadavg") ?? "0").split(" ")[0]);
}

/** Bytes of memory that programs can have; Infinity where the kernel does not tell. */
export function availableMemory(): number {
  const match = /^MemAvailable:\s*(\d+) kB/m.exec(readTextOrNothing("/proc/meminfo") ?? "");
  return match ? Number(match[1]) * 1024 : Infinity;
}

/** Whether a job may be started, by what the machine has now; undefined: always. */
export function startCondition(maxLoad: number, minMemory: number): (() => boolean) | undefined {
  if (maxLoad === Infinity && minMemory === 0) return undefined;
  return () => currentLoad() < maxLoad && availableMemory() >= minMemory;
}
