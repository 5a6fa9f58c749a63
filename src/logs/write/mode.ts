// Pure: how a log comes into its file, and how it is kept from growing.
import type { LogSettings } from "../settings.ts";

/**
 * `direct`: the program appends to the file; nobody limits it. `cut`: so too, and whole blocks are taken out at its beginning.
 * `rename`: so too; the file gets another name and the program is told to open it again. `pipe`: imp reads a named pipe.
 */
export type LogMode = "direct" | "cut" | "rename" | "pipe";

/** @param unit blocks of this size can be taken out of the file; 0: none, the file system cannot */
export function logMode(log: LogSettings, unit: number): LogMode {
  if (log.format !== "raw" || log.target !== "file" || log.terminal) return "pipe";
  if (log.maxBytes === undefined) return "direct";
  if (unit > 0) return "cut";
  return log.reopenSignal === undefined ? "pipe" : "rename";
}

/** Whether a log can need a process of imp's besides its keeper; where it lies may decide that. */
export function mayNeedWatch(log: LogSettings): boolean {
  return log.maxBytes !== undefined || log.format !== "raw" || log.target !== "file" ||
    log.terminal === true;
}

/** Whether a process of imp's has to be there while the program runs. */
export function modeNeedsWatch(mode: LogMode): boolean {
  return mode !== "direct";
}
