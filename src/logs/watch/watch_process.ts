import { readTextOrNothing } from "../../libc/descriptors/files.ts";

/** The command by which imp starts the process that watches logs. */
export const WATCH_COMMAND = "watch";

/** Whether a process is `imp watch HOME`, judged by its words. */
export function isWatchProcess(pid: number): boolean {
  const words = readTextOrNothing(`/proc/${pid}/cmdline`)?.split("\0") ?? [];
  return words.at(-3) === WATCH_COMMAND && words.at(-2)?.startsWith("/") === true;
}
