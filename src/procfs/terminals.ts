import { readTextOrNothing } from "../libc/descriptors/files.ts";
import { statPath } from "../libc/descriptors/stat.ts";

export interface DeviceNumber {
  readonly major: number;
  readonly minor: number;
}

/** Splits a device number of /proc/PID/stat: minor in bits 31-20 and 7-0, major in 15-8; proc_pid_stat(5). */
export function splitDevice(number: number): DeviceNumber {
  return {
    major: (number >>> 8) & 0xfff,
    minor: (number & 0xff) | ((number >>> 12) & 0xfff00),
  };
}

/**
 * A terminal's name by the kernel's numbers (Documentation/admin-guide/devices.txt).
 * @param drivers the text of /proc/tty/drivers, asked for when the number is not one of the usual ones
 */
export function terminalName({ major, minor }: DeviceNumber, drivers: () => string): string {
  if (major === 4) return minor < 64 ? `/dev/tty${minor}` : `/dev/ttyS${minor - 64}`;
  if (major === 5 && minor < 3) return `/dev/${["tty", "console", "ptmx"][minor]}`;
  if (major >= 136 && major <= 143) return `/dev/pts/${(major - 136) * 256 + minor}`;
  return fromDrivers({ major, minor }, drivers()) ?? `${major}:${minor}`;
}

/**
 * The controlling terminal of a process by its number in /proc/PID/stat.
 * @returns undefined without one; `major:minor` if /dev has another device by the expected name
 */
export function ttyName(ttyNumber: number): string | undefined {
  if (ttyNumber === 0) return undefined;
  const device = splitDevice(ttyNumber);
  const plain = `${device.major}:${device.minor}`;
  const name = terminalName(device, () => readTextOrNothing("/proc/tty/drivers") ?? "");
  const status = statPath(name);
  // Without a device node (a chroot, a terminal being closed), the number still tells the name.
  return typeof status === "string" || status.special === plain ? name : plain;
}

/** Lines `driver node-prefix major minor-or-range type`. */
function fromDrivers({ major, minor }: DeviceNumber, text: string): string | undefined {
  for (const line of text.split("\n")) {
    const match = /^\S+\s+(\/dev\/\S+)\s+(\d+)\s+(\d+)(?:-(\d+))?\s/.exec(line);
    if (!match || Number(match[2]) !== major) continue;
    const first = Number(match[3]);
    if (minor >= first && minor <= Number(match[4] ?? first)) return match[1] + (minor - first);
  }
  return undefined;
}
