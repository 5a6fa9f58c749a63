import { formatSize } from "../../base/size.ts";
import { readTextOrNothing } from "../../libc/descriptors/files.ts";
import type { ResourceLimits } from "./resource_limits.ts";

/** A daemon's use of its limits. */
export interface LimitUse {
  readonly memoryBytes?: number;
  /** How often it was slowed down above its memory limit. */
  readonly slowed?: number;
  /** How often it was killed at its memory limit. */
  readonly oomKills?: number;
  readonly pids?: number;
  /** How often it was refused a process. */
  readonly pidsRefused?: number;
  /** How often it had to wait for CPU time. */
  readonly throttled?: number;
}

/** @param group the directory of its control group */
export function readLimitUse(group: string, limits: ResourceLimits): LimitUse {
  const number = (file: string) => {
    const text = readTextOrNothing(`${group}/${file}`);
    return text === undefined || !/^\d+\s*$/.test(text) ? undefined : Number(text);
  };
  const counter = (file: string, name: string) => {
    const text = readTextOrNothing(`${group}/${file}`) ?? "";
    const value = new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1];
    return value === undefined ? undefined : Number(value);
  };
  const { memoryMaxBytes, memoryHighBytes, pidsMax, cpuMax } = limits;
  const memory = memoryMaxBytes !== undefined || memoryHighBytes !== undefined;
  return {
    ...memory ? { memoryBytes: number("memory.current") } : {},
    ...memoryHighBytes === undefined ? {} : { slowed: counter("memory.events", "high") },
    ...memory ? { oomKills: counter("memory.events", "oom_kill") } : {},
    ...pidsMax === undefined
      ? {}
      : { pids: number("pids.current"), pidsRefused: counter("pids.events", "max") },
    ...cpuMax === undefined ? {} : { throttled: counter("cpu.stat", "nr_throttled") },
  };
}

/** Pure: `memory 12.1M of 100M, 3 of 10 processes and threads; 4 times another one was refused`. */
export function limitUseText(use: LimitUse, { memoryMaxBytes, pidsMax }: ResourceLimits): string {
  const of = (text: string) => text === "" ? "" : ` of ${text}`;
  const { memoryBytes, slowed = 0, pids, pidsRefused = 0, throttled = 0 } = use;
  const most = memoryMaxBytes === undefined ? "" : formatSize(memoryMaxBytes);
  return [
    ...memoryBytes === undefined ? [] : [`memory ${formatSize(memoryBytes)}${of(most)}`],
    ...slowed > 0 ? [`slowed down for it ${times(slowed)}`] : [],
    ...pids === undefined ? [] : [`${pids}${of(String(pidsMax ?? ""))} processes and threads`],
    ...pidsRefused > 0 ? [`another one was refused ${times(pidsRefused)}`] : [],
    ...throttled > 0 ? [`kept waiting for a processor ${times(throttled)}`] : [],
  ].join(", ");
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}
