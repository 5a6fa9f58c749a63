import { runtime } from "../../runtime/mod.ts";
import { libc } from "./load.ts";

// For what musl has no function for. Numbers: x86-64 table, and the generic one that arm64 uses.
const NUMBERS = {
  rt_sigaction: [13, 134],
  getdents64: [217, 61],
  sched_setaffinity: [203, 122],
  sched_getaffinity: [204, 123],
  statx: [332, 291],
  memfd_create: [319, 279],
  pidfd_open: [434, 434],
  pidfd_send_signal: [424, 424],
  close_range: [436, 436],
  seccomp: [317, 277],
  // Of the calling thread alone, where libc's functions change every thread.
  setgroups: [116, 159],
  setresuid: [117, 147],
  setresgid: [119, 149],
  capget: [125, 90],
} as const;

const c = libc("syscall");

export type SyscallName = keyof typeof NUMBERS;

/** The number of a system call on this machine. */
export function syscallNumber(name: SyscallName): number {
  return NUMBERS[name][runtime.arch === "arm64" ? 1 : 0];
}

/** A raw system call. @returns what libc's syscall(2) returns: -1 and errno when it failed */
export function syscall(name: SyscallName, a = 0, b = 0, c3 = 0, d = 0, e = 0, f = 0): number {
  return c.syscall(syscallNumber(name), a, b, c3, d, e, f);
}
