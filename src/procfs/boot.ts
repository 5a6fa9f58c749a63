import { SC_CLK_TCK, SC_PAGESIZE } from "../libc/abi.ts";
import { readTextOrNothing } from "../libc/descriptors/files.ts";
import { libc } from "../libc/calling/load.ts";

/** A random UUID, new at each boot; undefined if /proc/sys cannot be read. */
export function bootId(): string | undefined {
  return knownBoot ??= readTextOrNothing("/proc/sys/kernel/random/boot_id")?.trim() || undefined;
}

/** Constant for the life of the process. */
let knownBoot: string | undefined;

/** When the machine was booted, in milliseconds since 1970; the kernel reports whole seconds. */
export function bootTime(): number | undefined {
  const line = /^btime (\d+)$/m.exec(readTextOrNothing("/proc/stat") ?? "");
  return line ? Number(line[1]) * 1000 : undefined;
}

/** Clock ticks in a second, the unit of times in /proc/PID/stat. */
export function ticksPerSecond(): number {
  return libc("sysconf").sysconf(SC_CLK_TCK);
}

/** The unit of resident memory in /proc/PID/stat; 64 KiB on some arm64 kernels. */
export function pageBytes(): number {
  return libc("sysconf").sysconf(SC_PAGESIZE);
}

/** Converts clock ticks to times. */
export interface BootClock {
  /** When the machine was booted, in milliseconds since 1970. */
  readonly boot: number;
  readonly tickMs: number;
}

export function bootClock(): BootClock {
  return { boot: bootTime() ?? 0, tickMs: 1000 / ticksPerSecond() };
}

/** When a process was started, in milliseconds since 1970. */
export function startTime(
  { startTicks }: { readonly startTicks: number },
  { boot, tickMs } = bootClock(),
): number {
  return boot + Math.round(startTicks * tickMs);
}

/** CPU time so far, in milliseconds. */
export function cpuTime(
  { userTicks, systemTicks }: { readonly userTicks: number; readonly systemTicks: number },
): number {
  return Math.round((userTicks + systemTicks) * (1000 / ticksPerSecond()));
}
