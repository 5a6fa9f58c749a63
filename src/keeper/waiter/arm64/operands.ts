/** Short forms of the instructions of arm64 that waiters are made of; registers are those of waiter.ts. */
import { call, near } from "../../../base/machine_code/arm64.ts";
import { type CodeItem, word } from "../../../base/machine_code/assemble.ts";
import { PAGE, WAITER_EVENT, type WaiterEvent } from "../page_layout.ts";
import { assembledNumber, type AssembledSyscall } from "../parts.ts";

/** Registers: see waiter.ts. */
export const PAGE_BASE = 19, WORDS = 20, KEPT = 22, FLAGS = 23, POLLED = 24, BUSY = 25;
export const STACK = 31, ZERO = 31;

/** mov w8,#number; svc #0 */
export function armKernel(name: AssembledSyscall): number[] {
  return call(assembledNumber(name, true));
}

/** ldr wT,[xN,#at] */
export function load(to: number, base: number, at: number): number[] {
  return word(0xb9400000 | at / 4 << 10 | base << 5 | to);
}

/** str wT,[xN,#at] */
export function store(from: number, base: number, at: number): number[] {
  return word(0xb9000000 | at / 4 << 10 | base << 5 | from);
}

/** strh wT,[xN,#at] */
export function storeShort(from: number, base: number, at: number): number[] {
  return word(0x79000000 | at / 2 << 10 | base << 5 | from);
}

/** ldr xT,[xN,#at] */
export function loadLong(to: number, base: number, at: number): number[] {
  return word(0xf9400000 | at / 8 << 10 | base << 5 | to);
}

/** str xT,[xN,#at] */
export function storeLong(from: number, base: number, at: number): number[] {
  return word(0xf9000000 | at / 8 << 10 | base << 5 | from);
}

/** stp xT,xU,[xN,#at] */
export function storePair(first: number, second: number, base: number, at: number): number[] {
  return word(0xa9000000 | at / 8 << 15 | second << 10 | base << 5 | first);
}

/** add xD,xN,#value */
export function add(to: number, from: number, value: number): number[] {
  return word(0x91000000 | value << 10 | from << 5 | to);
}

/** mov wD,wM */
export function move(to: number, from: number): number[] {
  return word(0x2a0003e0 | from << 16 | to);
}

/** mov xD,xM */
export function moveLong(to: number, from: number): number[] {
  return word(0xaa0003e0 | from << 16 | to);
}

/** cmp wN,#value */
export function compareWith(register: number, value: number): number[] {
  return word(0x7100001f | value << 10 | register << 5);
}

/** cmp wN,wM */
export function compareTo(register: number, other: number): number[] {
  return word(0x6b00001f | other << 16 | register << 5);
}

/** cbz wT */
export function ifZero(register: number, to: string): CodeItem {
  return near(0x34000000 | register, to);
}

/** cbnz wT */
export function ifNotZero(register: number, to: string): CodeItem {
  return near(0x35000000 | register, to);
}

/** tbz wT,#bit: 32 KiB far */
export function ifClear(register: number, bit: number, to: string): CodeItem {
  return ifBit(0x36000000, register, bit, to);
}

/** tbnz wT,#bit */
export function ifSet(register: number, bit: number, to: string): CodeItem {
  return ifBit(0x37000000, register, bit, to);
}

function ifBit(opcode: number, register: number, bit: number, to: string): CodeItem {
  const code = opcode | bit << 19 | register;
  return {
    size: 4,
    to,
    encode: (from, target) => word(code | ((target - from) / 4 & 0x3fff) << 5),
  };
}

/** adr xD: the address of a label, 1 MiB far */
export function addressNear(register: number, to: string): CodeItem {
  return {
    size: 4,
    to,
    encode: (from, target) => {
      const distance = target - from;
      return word(0x10000000 | (distance & 3) << 29 | (distance >> 2 & 0x7ffff) << 5 | register);
    },
  };
}

/** ldr; add; str: w9 is used */
export function armRaise(event: WaiterEvent): number[][] {
  const at = PAGE.raised + 4 * WAITER_EVENT[event];
  return [load(9, PAGE_BASE, at), word(0x11000529), store(9, PAGE_BASE, at)];
}

/** orr wFLAGS,wFLAGS,#flag */
export function addFlag(flag: 1 | 2): number[] {
  // A bitmask immediate: a single bit, turned right by immr.
  return word(0x32000000 | (flag === 1 ? 0 : 31) << 16 | FLAGS << 5 | FLAGS);
}
