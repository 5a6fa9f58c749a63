import { errno } from "../calling/errno.ts";
import { closeFile } from "../descriptors/files.ts";
import { syscall } from "../calling/load.ts";

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
