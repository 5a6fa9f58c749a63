// Pure: how a log reaches its file, and how its growth is limited.
import type { LogSettings } from "../settings.ts";

/**
 * `direct`: the program appends to the file; nothing limits it. `cut`: likewise, and whole blocks are removed from its
 * beginning. `rename`: likewise; the file is renamed and the program is told to reopen it. `pipe`: imp reads a named
 * pipe.
 */
export type LogMode = "direct" | "cut" | "rename" | "pipe";

/** @param unit the block size in which bytes can be removed from the file; 0: the file system cannot */
export function logMode(log: LogSettings, unit: number): LogMode {
  if (log.format !== "raw" || log.target !== "file" || log.terminal) return "pipe";
  if (log.maxBytes === undefined) return "direct";
  if (unit > 0) return "cut";
  return log.reopenSignal === undefined ? "pipe" : "rename";
}

/** Whether a log can need a process of imp besides its keeper; its file system may decide that. */
export function mayNeedWatch(log: LogSettings): boolean {
  return log.maxBytes !== undefined || log.format !== "raw" || log.target !== "file" ||
    log.terminal === true;
}

/** Whether a process of imp must be there while the program runs. */
export function modeNeedsWatch(mode: LogMode): boolean {
  return mode !== "direct";
}
