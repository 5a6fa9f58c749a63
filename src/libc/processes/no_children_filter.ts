import {
  CLONE_THREAD,
  ENOSYS,
  EPERM,
  SECCOMP_RET_ALLOW,
  SECCOMP_RET_ERRNO,
  SECCOMP_RET_KILL_PROCESS,
} from "../abi.ts";

/** One instruction of classic BPF: struct sock_filter. */
export type Instruction = readonly [
  code: number,
  jumpTrue: number,
  jumpFalse: number,
  operand: number,
];

// linux/filter.h: load a word, compare, test bits, return.
const LOAD = 0x20, EQUAL = 0x15, AT_LEAST = 0x35, HAS_BITS = 0x45, RETURN = 0x06;
// Offsets in struct seccomp_data: the call's number, the architecture, the low half of the first argument.
const NUMBER = 0, ARCHITECTURE = 4, FIRST_ARGUMENT = 16;
const REFUSE = SECCOMP_RET_ERRNO | EPERM, UNKNOWN = SECCOMP_RET_ERRNO | ENOSYS;
const X32_BIT = 0x4000_0000;

const MACHINES = {
  x64: { audit: 0xc000_003e, clone: 56, forks: [57, 58], x32: true },
  arm64: { audit: 0xc000_00b7, clone: 220, forks: [], x32: false },
};
const CLONE3 = 435;

/**
 * A seccomp filter that allows threads and stops everything that makes a process.
 *
 * fork and vfork, and clone without CLONE_THREAD, get `action`. The flags of clone3 lie in memory, where a filter
 * cannot look: ENOSYS makes every C library fall back on clone. A call through another architecture's table (a 32-bit
 * program) kills the process, because its numbers mean something else; x32's get EPERM.
 * @param action what the kernel does about an attempt: a SECCOMP_RET_ value
 */
export function denyingFilter(machine: keyof typeof MACHINES, action: number): Instruction[] {
  const { audit, clone, forks, x32 } = MACHINES[machine];
  const answer = (number: number, result: number): Instruction[] => [
    [EQUAL, 0, 1, number],
    [RETURN, 0, 0, result],
  ];
  return [
    [LOAD, 0, 0, ARCHITECTURE],
    [EQUAL, 1, 0, audit],
    [RETURN, 0, 0, SECCOMP_RET_KILL_PROCESS],
    [LOAD, 0, 0, NUMBER],
    ...(x32 ? [[AT_LEAST, 0, 1, X32_BIT], [RETURN, 0, 0, REFUSE]] satisfies Instruction[] : []),
    ...answer(CLONE3, UNKNOWN),
    ...forks.flatMap((number) => answer(number, action)),
    [EQUAL, 0, 3, clone],
    [LOAD, 0, 0, FIRST_ARGUMENT],
    [HAS_BITS, 1, 0, CLONE_THREAD],
    [RETURN, 0, 0, action],
    [RETURN, 0, 0, SECCOMP_RET_ALLOW],
  ];
}

/** The instructions in the kernel's format. */
export function encodeFilter(filter: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(8 * filter.length);
  const view = new DataView(bytes.buffer);
  filter.forEach(([code, jumpTrue, jumpFalse, operand], i) => {
    view.setUint16(8 * i, code, true);
    view.setUint8(8 * i + 2, jumpTrue);
    view.setUint8(8 * i + 3, jumpFalse);
    view.setUint32(8 * i + 4, operand, true);
  });
  return bytes;
}
