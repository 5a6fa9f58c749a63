import { UsageError } from "../base/errors.ts";
import { HIDDEN } from "../family/family.ts";
import { maySignal } from "../libc/signals.ts";

const MAX_PID = 2 ** 31 - 1;

/** A PID on the command line. @throws UsageError */
export function pidOperand(word: string): number {
  const pid = /^\d+$/.test(word) ? Number(word) : 0;
  if (pid >= 1 && pid <= MAX_PID) return pid;
  throw new UsageError(`'${word}' is no PID`, "names are not accepted: use $(pgrep -x NAME)");
}

/** Why a process that is there cannot be seen; undefined where there is none. */
export function whyHidden(pid: number): string | undefined {
  return maySignal(pid) ? undefined : HIDDEN;
}

/** @param none what to say where there is no such process */
export function missingText(pid: number, none: string): string {
  const why = whyHidden(pid);
  return why === undefined ? `${none} ${pid}` : `process ${pid} cannot be seen: ${why}`;
}
