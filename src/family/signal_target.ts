import { ESRCH } from "../libc/abi.ts";
import { ImpError } from "../base/errors.ts";
import { errnoName } from "../libc/calling/errno.ts";
import { closeFile } from "../libc/descriptors/files.ts";
import { openPidfd, signalPidfd } from "../libc/processes/pidfd.ts";
import { maySignal, sendSignal } from "../libc/processes/signals.ts";
import { isZombie } from "../inspect/kind.ts";
import { type ProcStat, readStat } from "../procfs/stat.ts";

/**
 * A process that is to get a signal: the one that was seen, and never another one that has its PID now. The order is
 * what makes it safe: a pidfd is opened, and only then the start time is compared. If it is still the one that was seen,
 * the PID was its own when the pidfd was opened, because a PID is not given away before its process has been reaped.
 */
export class SignalTarget {
  private constructor(readonly pid: number, readonly start: number, private readonly fd: number) {}

  /** @returns undefined when the process has ended since it was seen */
  static open({ pid, startTicks }: Pick<ProcStat, "pid" | "startTicks">): SignalTarget | undefined {
    const fd = openPidfd(pid);
    // Without pidfds (before Linux 5.3, or forbidden by seccomp) the start time is compared before each signal.
    const target = new SignalTarget(pid, startTicks, fd);
    if (fd !== -ESRCH && target.now()) return target;
    target.close();
    return undefined;
  }

  /** @returns false when it has ended already. @throws ImpError when it may not be signalled (EPERM) */
  signal(number: number): boolean {
    if (this.fd < 0) return this.now() !== undefined && sendSignal(this.pid, number);
    const code = signalPidfd(this.fd, number);
    if (code === 0) return true;
    if (code === ESRCH) return false;
    throw new ImpError({ action: "signal", object: `pid ${this.pid}`, errno: errnoName(code) });
  }

  /** False for another user's process. */
  get maySignal(): boolean {
    return maySignal(this.pid);
  }

  /** It runs: it is neither gone nor a zombie. */
  get alive(): boolean {
    const now = this.now();
    return now !== undefined && !isZombie(now);
  }

  close(): void {
    if (this.fd >= 0) closeFile(this.fd);
  }

  private now(): ProcStat | undefined {
    const now = readStat(this.pid);
    return now?.startTicks === this.start ? now : undefined;
  }
}
