/** Operands and short forms of x86-64 instructions for waiters; registers are those of waiter.ts. */
import { type CodeItem, word } from "../../../base/machine_code/assemble.ts";
import { PAGE, WAITER_EVENT } from "../page_layout.ts";
import { assembledNumber, type AssembledSyscall, FRAME } from "../parts.ts";

export const EAX = 0, ECX = 1, EDX = 2, ESI = 6, EDI = 7;
/** The lower bits of their numbers; a prefix has the rest. */
export const R10 = 2, R12 = 4;
/** Operations with one operand, in place of a register. */
export const INC = 0, MOV = 0, TEST = 0, AND = 4, CMP = 7;
export const JC = 0x72,
  JAE = 0x73,
  JE = 0x74,
  JNE = 0x75,
  JBE = 0x76,
  JA = 0x77,
  JS = 0x78,
  JNS = 0x79,
  JLE = 0x7e,
  JG = 0x7f,
  JMP = 0xeb;
export const RETURN = [0xc3];
export const POP = {
  rax: [0x58],
  rcx: [0x59],
  rdx: [0x5a],
  rbx: [0x5b],
  rsi: [0x5e],
  rdi: [0x5f],
  r8: [0x41, 0x58],
  r10: [0x41, 0x5a],
  r12: [0x41, 0x5c],
};

/** Their offsets from %rbp: the frame ends below argc. */
export const ARGC = FRAME.bytes - 128, ARGV1 = ARGC + 16;
export const RECORD = FRAME.record;

/** push $value; pop: three bytes in place of five. */
export function pushPop(value: number, pop: number[]): number[] {
  if (value > 127) throw new RangeError(`${value} is no signed byte`);
  return [0x6a, value, ...pop];
}

/** push; pop, or mov, to %eax; syscall */
export function kernel(name: AssembledSyscall): CodeItem[] {
  const number = assembledNumber(name, false);
  return [number > 127 ? [0xb8, ...word(number)] : pushPop(number, POP.rax), [0x0f, 0x05]];
}

/** incl raised */
export function raiseEvent(event: keyof typeof WAITER_EVENT): number[] {
  return [0xff, ...pageWord(INC, PAGE.raised + 4 * WAITER_EVENT[event])];
}

/** A register, or operation, and a word of the page. */
export function pageWord(register: number, at: number): number[] {
  const distance = at - 128;
  return distance < 128
    ? [0x43 | register << 3, signedByte(distance)]
    : [0x83 | register << 3, ...word(distance)];
}

/** The same with a word of the frame. */
export function frameWord(register: number, at: number): number[] {
  return [0x45 | register << 3, signedByte(at - 128)];
}

export function signedByte(value: number): number {
  if (value < -128 || value > 127) throw new RangeError(`${value} is no signed byte`);
  return value & 255;
}
