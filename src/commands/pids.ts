import { UsageError } from "../base/errors.ts";

const MAX_PID = 2 ** 31 - 1;

/** A PID on the command line. @throws UsageError */
export function pidOperand(word: string): number {
  const pid = /^\d+$/.test(word) ? Number(word) : 0;
  if (pid >= 1 && pid <= MAX_PID) return pid;
  throw new UsageError(`'${word}' is no PID`, "names are not accepted: use $(pgrep -x NAME)");
}
