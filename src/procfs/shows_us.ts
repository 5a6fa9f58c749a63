import { readLink } from "../libc/descriptors/files.ts";
import { ownPid } from "../libc/processes/process.ts";
import { readStat } from "./stat.ts";

/**
 * Whether /proc shows the processes that kill(2) reaches. In a PID namespace without its own /proc it shows those of an
 * outer one, whose numbers mean other processes here.
 */
export function procShowsUs(): boolean {
  return shown ??= readLink("/proc/self") === String(ownPid()) && readStat("self") !== undefined;
}

let shown: boolean | undefined;
