import { readTextOrNothing } from "../../libc/descriptors/files.ts";

/** The load average of the last minute. */
export function currentLoad(): number {
  return Number((readTextOrNothing("/proc/loadavg") ?? "0").split(" ")[0]);
}

/** Bytes of memory available to programs; Infinity if the kernel does not say. */
export function availableMemory(): number {
  const match = /^MemAvailable:\s*(\d+) kB/m.exec(readTextOrNothing("/proc/meminfo") ?? "");
  return match ? Number(match[1]) * 1024 : Infinity;
}

/** Whether a job may be started now, by the machine's load and memory; undefined: always. */
export function startCondition(maxLoad: number, minMemory: number): (() => boolean) | undefined {
  if (maxLoad === Infinity && minMemory === 0) return undefined;
  return () => currentLoad() < maxLoad && availableMemory() >= minMemory;
}
