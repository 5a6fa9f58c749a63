// What a process waits for in the kernel, according to /proc.
import { ARM, WAITING_SYSCALLS } from "../libc/machine.ts";
import { orUndefined, readProcRecord, Unreadable } from "./read.ts";

export type WaitingSyscall = keyof typeof WAITING_SYSCALLS;

/** Where in the kernel the first thread of a process is. */
export interface KernelWait {
  /** The system call it is in; undefined if hidden, or without a name here. */
  readonly syscall?: WaitingSyscall;
  /** Its number on this machine. */
  readonly number?: number;
  /** The first argument; for a call that takes a descriptor, its number. */
  readonly first?: number;
  /** The kernel function that waits; undefined if hidden. */
  readonly wchan?: string;
}

/** Reading /proc/PID/syscall requires permission to trace the process, wchan only to read it: ptrace(2). */
export function readWaiting(pid: number): KernelWait {
  const wchan = readWchan(pid);
  return { ...readSyscall(pid), ...(wchan === undefined ? {} : { wchan }) };
}

/** The system call that the first thread of a process is in. */
export function readSyscall(pid: number): KernelWait {
  const call = readProcRecord(`/proc/${pid}/syscall`);
  return call instanceof Unreadable ? {} : parseSyscall(call);
}

/** The kernel function that a process waits in; undefined for a running one, and for those who may not know. */
export function readWchan(pid: number): string | undefined {
  const wchan = orUndefined(readProcRecord(`/proc/${pid}/wchan`))?.trim() ?? "";
  return wchan === "" || wchan === "0" ? undefined : wchan;
}

/**
 * Pure. `running`, `-1 SP PC` outside any call, or `NUMBER ARGUMENT… SP PC`, proc_pid_syscall(5).
 * @param arm the machine whose numbers these are
 */
export function parseSyscall(text: string, arm = ARM): KernelWait {
  const words = text.trim().split(" ");
  const number = Number(words[0]);
  if (words.length < 9 || !(number >= 0)) return {};
  // A 32-bit program has other numbers; its stack is below 4 GiB.
  if (BigInt(words[7]) < 2n ** 32n) return {};
  const syscall = NAMES.find((name) => WAITING_SYSCALLS[name][arm ? 1 : 0] === number);
  // An int: the upper half of the register is anything.
  const first = Number(BigInt.asIntN(32, BigInt(words[1])));
  return { number, first, ...(syscall ? { syscall } : {}) };
}

const NAMES = Object.keys(WAITING_SYSCALLS) as WaitingSyscall[];
