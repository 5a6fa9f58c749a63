import { ESRCH } from "../libc/abi.ts";
import { ImpError } from "../base/errors.ts";
import { closePidfd, openPidfd, signalPidfd } from "../libc/processes/pidfd.ts";
import { sendSignal } from "../libc/processes/signals.ts";
import { isZombie, type ProcStat, readStat } from "../procfs/stat.ts";

/** One process, for as long as the machine runs: its PID may be given to others, but not with the same start time. */
export type ProcessIdentity = Pick<ProcStat, "pid" | "startTicks">;

/** What became of a signal: it was `sent`, the process has `ended`, or we may not signal it (EPERM). */
export type SignalDelivery = "sent" | "ended" | "refused";

/** Who has that PID now; undefined when nobody has. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const stat = readStat(pid);
  return stat && { pid, startTicks: stat.startTicks };
}

/** Whether it runs: it is neither gone nor a zombie. */
export function isRunning(process: ProcessIdentity): boolean {
  const now = readStat(process.pid);
  return now?.startTicks === process.startTicks && !isZombie(now);
}

/**
 * Signals that process, and never another one that has its PID now. The order is what makes it safe: a pidfd is opened,
 * and only then the start time is compared. If it is still the one that was seen, the PID was its own when the pidfd was
 * opened, because a PID is not given away before its process has been reaped.
 * @throws ImpError where the kernel refuses for another reason than a lack of rights
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
    // No pidfd here: Linux before 5.3, or a container whose filter forbids it. kill(2) says also what else is wrong.
    return signalByNumber(pid, number);
  } finally {
    if (fd >= 0) closePidfd(fd);
  }
}

/** kill(2). @param target a PID that nobody else can have got, or a process group as its negative number */
export function signalByNumber(target: number, number: number): SignalDelivery {
  try {
    return sendSignal(target, number) ? "sent" : "ended";
  } catch (error) {
    if (error instanceof ImpError && error.errno === "EPERM") return "refused";
    throw error;
  }
}
