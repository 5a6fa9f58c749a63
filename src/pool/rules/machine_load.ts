import { availableMemory, currentLoad } from "../../procfs/machine.ts";

/** Whether a job may be started now, by the machine's load and memory; undefined: always. */
export function startCondition(maxLoad: number, minMemory: number): (() => boolean) | undefined {
  if (maxLoad === Infinity && minMemory === 0) return undefined;
  return () => currentLoad() < maxLoad && (availableMemory() ?? Infinity) >= minMemory;
}
