import { O_RDONLY } from "../libc/abi.ts";
import { UsageError } from "../base/errors.ts";
import { HIDDEN } from "../family/family.ts";
import { systemError } from "../libc/calling/errno.ts";
import { closeFile, tryOpen } from "../libc/descriptors/files.ts";
import { maySignal } from "../libc/processes/signals.ts";

const MAX_PID = 2 ** 31 - 1;

/** A PID on the command line. @throws UsageError */
export function pidOperand(word: string): number {
  const pid = /^\d+$/.test(word) ? Number(word) : 0;
  if (isPid(pid)) return pid;
  const hint = "names are not accepted: use $(pgrep -x NAME)";
  throw new UsageError(`'${word}' is not a valid PID`, hint);
}

export function isPid(number: number): boolean {
  return number >= 1 && number <= MAX_PID;
}

/** Why an existing process cannot be seen; undefined if there is none. */
export function whyHidden(pid: number): string | undefined {
  return maySignal(pid) ? undefined : HIDDEN;
}

/**
 * @param none what to say if there is no such process
 * @throws ImpError (EMFILE, ENFILE) if there may be one, and imp has no descriptor left to look
 */
export function missingText(pid: number, none: string): string {
  const path = `/proc/${pid}/stat`;
  const fd = tryOpen(path, O_RDONLY);
  if (fd >= 0) closeFile(fd);
  const error = systemError(Math.max(0, -fd), "read", path);
  if (error.errno === "EMFILE" || error.errno === "ENFILE") throw error;
  const why = whyHidden(pid);
  return why === undefined ? `${none} ${pid}` : `process ${pid} cannot be seen: ${why}`;
}
