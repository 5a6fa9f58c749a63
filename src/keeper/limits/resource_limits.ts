// Pure: limits on a daemon's resources, as files of its control group; cgroups(7), the kernel's cgroup-v2.rst.
import { formatSize } from "../../base/size.ts";

/** Limits on all of a daemon's processes together. */
export interface ResourceLimits {
  readonly memoryMaxBytes?: number;
  /** Above it the kernel slows them down and reclaims memory. */
  readonly memoryHighBytes?: number;
  /** Processors: 0.5 is half of one. */
  readonly cpuMax?: number;
  /** Their share when CPU time is short: 1 to 10000, default 100. */
  readonly cpuWeight?: number;
  /** Processes and threads. */
  readonly pidsMax?: number;
  readonly ioWeight?: number;
  /** For the disk that contains a path. */
  readonly ioMax?: readonly IoMax[];
}

export interface IoMax {
  /** A block device, or a file or directory on it; absolute. */
  readonly path: string;
  /** `rbps`, `wbps`: bytes, `riops`, `wiops`: operations, per second. */
  readonly rates: Readonly<Record<string, number>>;
}

export type LimitController = "memory" | "cpu" | "pids" | "io";

/** One write to a file of a control group. */
export interface LimitFile {
  readonly controller: LimitController;
  readonly file: string;
  readonly text: string;
  /** What it is for, as an option. */
  readonly option: string;
}

/** The kernel's accounting period, microseconds. */
const CPU_PERIOD = 100_000;

/** @param deviceOf the `MAJOR:MINOR` of the disk of a path */
export function limitFiles(
  limits: ResourceLimits,
  deviceOf: (path: string) => string,
): LimitFile[] {
  const files: LimitFile[] = [];
  const add = (controller: LimitController, file: string, option: string, text: string) =>
    files.push({ controller, file, option, text });
  const { memoryMaxBytes, memoryHighBytes, cpuMax, cpuWeight, pidsMax, ioWeight } = limits;
  if (memoryMaxBytes !== undefined) {
    add("memory", "memory.max", "--memory-max", String(memoryMaxBytes));
    // All of it ends rather than one process of many: then it is restarted whole.
    add("memory", "memory.oom.group", "--memory-max", "1");
  }
  if (memoryHighBytes !== undefined) {
    add("memory", "memory.high", "--memory-high", String(memoryHighBytes));
  }
  if (cpuMax !== undefined) {
    add("cpu", "cpu.max", "--cpu-max", `${Math.round(cpuMax * CPU_PERIOD)} ${CPU_PERIOD}`);
  }
  if (cpuWeight !== undefined) add("cpu", "cpu.weight", "--cpu-weight", String(cpuWeight));
  if (pidsMax !== undefined) add("pids", "pids.max", "--pids-max", String(pidsMax));
  if (ioWeight !== undefined) add("io", "io.weight", "--io-weight", `default ${ioWeight}`);
  for (const { path, rates } of limits.ioMax ?? []) {
    const words = Object.entries(rates).map(([name, rate]) => `${name}=${rate}`).join(" ");
    add("io", "io.max", "--io-max", `${deviceOf(path)} ${words}`);
  }
  return files;
}

/** What resets limits that an earlier run may have left on a group. */
export const UNLIMITED: readonly (readonly [file: string, text: string])[] = [
  ...[["memory.max", "max"], ["memory.high", "max"], ["memory.oom.group", "0"]] as const,
  ...[["cpu.max", "max"], ["cpu.weight", "100"], ["pids.max", "max"]] as const,
  ["io.weight", "default 100"],
];

/** `memory 100M, CPU 50%, 20 processes`. */
export function limitsText(limits: ResourceLimits): string {
  const { memoryMaxBytes, memoryHighBytes, cpuMax, cpuWeight, pidsMax, ioWeight, ioMax } = limits;
  return [
    ...memoryMaxBytes === undefined ? [] : [`memory at most ${formatSize(memoryMaxBytes)}`],
    ...memoryHighBytes === undefined ? [] : [`slowed down above ${formatSize(memoryHighBytes)}`],
    ...cpuMax === undefined ? [] : [`CPU ${Math.round(cpuMax * 100)}%`],
    ...cpuWeight === undefined ? [] : [`CPU weight ${cpuWeight}`],
    ...pidsMax === undefined ? [] : [`${pidsMax} processes and threads`],
    ...ioWeight === undefined ? [] : [`I/O weight ${ioWeight}`],
    ...(ioMax ?? []).map(({ path, rates }) =>
      `I/O on ${path} ${Object.entries(rates).map(([name, rate]) => `${name}=${rate}`).join(" ")}`
    ),
  ].join(", ");
}
