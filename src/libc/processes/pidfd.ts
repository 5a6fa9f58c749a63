import { errno } from "../calling/errno.ts";
import { closeFile } from "../descriptors/files.ts";
import { libc, syscall } from "../calling/load.ts";
import { allocate, scratch } from "../calling/memory.ts";
import { PIDFD_GET_INFO, PIDFD_INFO_EXIT } from "../abi.ts";
import { PIDFD_INFO } from "../structs.ts";
import { type Ending, endingOf } from "./wait.ts";

/** A descriptor that stands for one process and never for a later one with the same PID. @returns -errno when it fails */
export function openPidfd(pid: number): number {
  const fd = syscall("pidfd_open", pid, 0);
  return fd >= 0 ? fd : -errno();
}

/** Sends a signal to the process that the descriptor stands for. @returns 0 or an errno: ESRCH when it has been reaped */
export function signalPidfd(fd: number, number: number): number {
  return syscall("pidfd_send_signal", fd, number, 0, 0) === 0 ? 0 : errno();
}

export function closePidfd(fd: number): void {
  closeFile(fd);
}

/**
 * How a process ended that is not our child and that its parent has already reaped.
 * @param pidfd opened while it existed
 * @returns undefined if it has not been reaped yet, or the kernel does not keep that
 */
export function exitOf(pidfd: number): Ending | undefined {
  const c = libc("ioctl");
  return scratch(() => {
    const info = allocate(PIDFD_INFO.bytes);
    info.view.setBigUint64(PIDFD_INFO.mask, PIDFD_INFO_EXIT, true);
    if (c.ioctl(pidfd, PIDFD_GET_INFO, info.address) !== 0) return undefined;
    if ((info.view.getBigUint64(PIDFD_INFO.mask, true) & PIDFD_INFO_EXIT) === 0n) return undefined;
    return endingOf(info.view.getInt32(PIDFD_INFO.exit_code, true));
  });
}
