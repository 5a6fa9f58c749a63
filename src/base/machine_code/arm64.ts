/** Instructions of arm64 as bytes. */
import { type CodeItem, word } from "./assemble.ts";

export const RET = word(0xd65f03c0);
export const B = 0x14000000, BL = 0x94000000;
export const B_EQ = 0x54000000, B_NE = B_EQ + 1, B_HS = B_EQ + 2, B_LO = B_EQ + 3, B_MI = B_EQ + 4;
export const B_HI = B_EQ + 8, B_LS = B_EQ + 9, B_LT = B_EQ + 11, B_GT = B_EQ + 12, B_LE = B_EQ + 13;

/** mov w8,#number; svc #0 */
export function call(number: number): number[] {
  return [...set(8, number), ...word(0xd4000001)];
}

/** Puts a libc function into x17 and its slot into x16, as the procedure linkage table does for the dynamic linker. */
export function through(slot: number): CodeItem[] {
  return [set(16, slot), word(0xf9400211)]; // mov; movk; ldr x17,[x16]
}

/** mov; movk: puts a 32-bit number into a register and zeroes its upper half. */
export function set(register: number, value: number): number[] {
  const low = word(0x52800000 | (value & 0xffff) << 5 | register);
  return value < 0x10000 ? low : [...low, ...half(register, value >>> 16, 1)];
}

/** movk: sets 16 bits of a register and keeps the others. */
export function half(register: number, bits: number, index: number): number[] {
  return word(0xf2800000 | index << 21 | bits << 5 | register);
}

export function setQuad(register: number, value: bigint): number[][] {
  const halves = [0n, 16n, 32n, 48n].map((shift) => Number(value >> shift & 0xffffn));
  return [
    word(0xd2800000 | halves[0] << 5 | register), // mov
    ...[1, 2, 3].map((index) => half(register, halves[index], index)),
  ];
}

/** Branches if eight bytes of memory differ from a value. */
export function differs(at: number, value: bigint, label: string): CodeItem[] {
  return [
    set(1, at),
    word(0xf9400022), // ldr x2,[x1]
    ...setQuad(3, value),
    word(0xeb03005f), // cmp x2,x3
    near(B_NE, label),
  ];
}

/** cmn w0,#errno; b.eq label */
export function ifErrno(errno: number, label: string): CodeItem[] {
  return [word(0x3100001f | errno << 10), near(B_EQ, label)];
}

/** b or bl, range 128 MiB. */
export function branch(opcode: number, to: string): CodeItem {
  return {
    size: 4,
    to,
    encode: (from, target) => word(opcode | (target - from) / 4 & 0x3ffffff),
  };
}

/** b.cond, cbz: range 1 MiB. */
export function near(opcode: number, to: string): CodeItem {
  return {
    size: 4,
    to,
    encode: (from, target) => word(opcode | ((target - from) / 4 & 0x7ffff) << 5),
  };
}

/** mov; movk: the address of a label. */
export function address(register: number, to: string): CodeItem {
  return { size: 8, to, encode: (_, target) => set(register, target) };
}
