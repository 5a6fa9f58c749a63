import { ARM, SYSCALLS } from "../machine.ts";
import { libc } from "./load.ts";

const c = libc("syscall");

export type SyscallName = keyof typeof SYSCALLS;

/** The number of a system call on this machine. */
export function syscallNumber(name: SyscallName): number {
  return SYSCALLS[name][ARM ? 1 : 0];
}

/** A raw system call. @returns what libc's syscall(2) returns: -1 and errno when it failed */
export function syscall(name: SyscallName, a = 0, b = 0, c3 = 0, d = 0, e = 0, f = 0): number {
  return c.syscall(syscallNumber(name), a, b, c3, d, e, f);
}
