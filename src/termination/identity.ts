import { ESRCH } from "../libc/abi.ts";
import { ImpError } from "../base/errors.ts";
import { closePidfd, openPidfd, signalPidfd } from "../libc/processes/pidfd.ts";
import { sendSignal } from "../libc/processes/signals.ts";
import { isZombie, type ProcStat, readStat } from "../procfs/stat.ts";

/** One process for as long as the machine is up: its PID may be reused, but not with the same start time. */
export type ProcessIdentity = Pick<ProcStat, "pid" | "startTicks">;

/** What became of a signal: it was `sent`, the process has `ended`, or we may not signal it (EPERM). */
export type SignalDelivery = "sent" | "ended" | "refused";

/** The process that has this PID now; undefined if none. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const stat = readStat(pid);
  return stat && { pid, startTicks: stat.startTicks };
}

/** Whether it runs: neither gone nor a zombie. */
export function isRunning(process: ProcessIdentity): boolean {
  const now = readStat(process.pid);
  return now?.startTicks === process.startTicks && !isZombie(now);
}

/**
 * Signals that process, never another one that has its PID now. The order makes it safe: first a pidfd is opened, then
 * the start time compared. If it still matches, the pidfd is the right process', because a PID is not reused before its
 * process has been reaped.
 * @throws ImpError if the kernel refuses for another reason than missing rights
 */
export function signalProcess(process: ProcessIdentity, number: number): SignalDelivery {
  const { pid, startTicks } = process;
  const fd = openPidfd(pid);
  if (fd === -ESRCH) return "ended";
  try {
    if (readStat(pid)?.startTicks !== startTicks) return "ended";
    const code = fd < 0 ? undefined : signalPidfd(fd, number);
    if (code === 0) return "sent";
    if (code === ESRCH) return "ended";
    // No pidfd here: Linux before 5.3, or a container whose filter forbids it. kill(2) also reports other errors.
    return signalByNumber(pid, number);
  } finally {
    if (fd >= 0) closePidfd(fd);
  }
}

/** kill(2). @param target a PID that cannot have been reused, or a process group as a negative number */
export function signalByNumber(target: number, number: number): SignalDelivery {
  try {
    return sendSignal(target, number) ? "sent" : "ended";
  } catch (error) {
    if (error instanceof ImpError && error.errno === "EPERM") return "refused";
    throw error;
  }
}
