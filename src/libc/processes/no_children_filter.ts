import {
  CLONE_THREAD,
  ENOSYS,
  EPERM,
  SECCOMP_RET_ALLOW,
  SECCOMP_RET_ERRNO,
  SECCOMP_RET_KILL_PROCESS,
} from "../abi.ts";
import {
  __X32_SYSCALL_BIT,
  AUDIT_ARCH_AARCH64,
  AUDIT_ARCH_X86_64,
  BPF_ABS,
  BPF_JEQ,
  BPF_JGE,
  BPF_JMP,
  BPF_JSET,
  BPF_K,
  BPF_LD,
  BPF_RET,
  BPF_W,
} from "../abi_programs.ts";
import { FORKING_SYSCALLS } from "../machine.ts";
import { SECCOMP_DATA, SOCK_FILTER } from "../structs.ts";

/** One instruction of classic BPF: struct sock_filter. */
export type Instruction = readonly [
  code: number,
  jumpTrue: number,
  jumpFalse: number,
  operand: number,
];

const LOAD = BPF_LD | BPF_W | BPF_ABS, RETURN = BPF_RET | BPF_K;
const EQUAL = BPF_JMP | BPF_JEQ | BPF_K, AT_LEAST = BPF_JMP | BPF_JGE | BPF_K;
const HAS_BITS = BPF_JMP | BPF_JSET | BPF_K;
const REFUSE = SECCOMP_RET_ERRNO | EPERM, UNKNOWN = SECCOMP_RET_ERRNO | ENOSYS;

/** @field column of the tables in machine.ts */
const MACHINES = {
  x64: { audit: AUDIT_ARCH_X86_64, column: 0, x32: true },
  arm64: { audit: AUDIT_ARCH_AARCH64, column: 1, x32: false },
} as const;

/**
 * A seccomp filter that allows threads and stops everything that makes a process.
 *
 * fork and vfork, and clone without CLONE_THREAD, get `action`. The flags of clone3 lie in memory, where a filter
 * cannot look: ENOSYS makes every C library fall back on clone. A call through another architecture's table (a 32-bit
 * program) kills the process, because its numbers mean something else; x32's get EPERM.
 * @param action what the kernel does about an attempt: a SECCOMP_RET_ value
 */
export function denyingFilter(machine: keyof typeof MACHINES, action: number): Instruction[] {
  const { audit, column, x32 } = MACHINES[machine];
  const { fork, vfork, clone, clone3 } = FORKING_SYSCALLS;
  const forks = [fork[column], vfork[column]].filter((number) => number >= 0);
  const answer = (number: number, result: number): Instruction[] => [
    [EQUAL, 0, 1, number],
    [RETURN, 0, 0, result],
  ];
  return [
    [LOAD, 0, 0, SECCOMP_DATA.arch],
    [EQUAL, 1, 0, audit],
    [RETURN, 0, 0, SECCOMP_RET_KILL_PROCESS],
    [LOAD, 0, 0, SECCOMP_DATA.nr],
    ...(x32
      ? [[AT_LEAST, 0, 1, __X32_SYSCALL_BIT], [RETURN, 0, 0, REFUSE]] satisfies Instruction[]
      : []),
    ...answer(clone3[column], UNKNOWN),
    ...forks.flatMap((number) => answer(number, action)),
    [EQUAL, 0, 3, clone[column]],
    [LOAD, 0, 0, SECCOMP_DATA.args],
    [HAS_BITS, 1, 0, CLONE_THREAD],
    [RETURN, 0, 0, action],
    [RETURN, 0, 0, SECCOMP_RET_ALLOW],
  ];
}

/** The instructions in the kernel's format. */
export function encodeFilter(filter: readonly Instruction[]): Uint8Array {
  const { bytes: size, code: codeAt, jt, jf, k } = SOCK_FILTER;
  const bytes = new Uint8Array(size * filter.length);
  const view = new DataView(bytes.buffer);
  filter.forEach(([code, jumpTrue, jumpFalse, operand], i) => {
    const at = size * i;
    view.setUint16(at + codeAt, code, true);
    view.setUint8(at + jt, jumpTrue);
    view.setUint8(at + jf, jumpFalse);
    view.setUint32(at + k, operand, true);
  });
  return bytes;
}
