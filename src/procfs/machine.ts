// What /proc tells about the machine, or the namespace, as a whole.
import { readTextOrNothing } from "../libc/descriptors/files.ts";

/** The load average of the last minute; 0 if unknown. */
export function currentLoad(): number {
  return Number(loadFields()[0] ?? 0);
}

/** The newest PID of this PID namespace, a thread's or a process': the last field of /proc/loadavg, proc(5). */
export function newestPid(): number {
  return Number(loadFields()[4]);
}

function loadFields(): string[] {
  return readTextOrNothing("/proc/loadavg")?.split(" ") ?? [];
}

/** Bytes of memory available to programs; undefined if the kernel does not say. */
export function availableMemory(): number | undefined {
  return memoryLine("MemAvailable");
}

/** Bytes of memory that the machine has; undefined if the kernel does not say. */
export function totalMemory(): number | undefined {
  return memoryLine("MemTotal");
}

function memoryLine(name: string): number | undefined {
  const text = readTextOrNothing("/proc/meminfo") ?? "";
  const line = new RegExp(`^${name}:\\s*(\\d+) kB`, "m").exec(text);
  return line ? Number(line[1]) * 1024 : undefined;
}

/** The name of this machine; empty if unknown. */
export function hostName(): string {
  return (readTextOrNothing("/proc/sys/kernel/hostname") ?? "").trim();
}

/** A file in /proc or /sys that contains one number; undefined for `max`, and if it is missing. */
export function readNumber(path: string): number | undefined {
  const text = readTextOrNothing(path)?.trim();
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** How many users the first line of /proc/self/uid_map maps, and from where; user_namespaces(7). */
export interface UidMap {
  readonly inside: number;
  readonly outside: number;
  readonly count: number;
}

/** @returns undefined if it cannot be read, or maps nobody */
export function readUidMap(): UidMap | undefined {
  const line = /^\s*(\d+)\s+(\d+)\s+(\d+)/.exec(readTextOrNothing("/proc/self/uid_map") ?? "");
  if (!line) return undefined;
  const [inside, outside, count] = line.slice(1).map(Number);
  return { inside, outside, count };
}
