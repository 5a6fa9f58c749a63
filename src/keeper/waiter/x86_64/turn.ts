/** How a waiter starts a turn, in the instructions of x86-64: waiter.ts. */
import { type CodeItem, word } from "../../../base/machine_code/assemble.ts";
import { far, short } from "../../../base/machine_code/x86_64.ts";
import { AT_EMPTY_PATH, EAGAIN, LOCK_EX, LOCK_NB, SIG_SETMASK } from "../../../libc/abi.ts";
import { END_RECORD, PAGE, WAITER_FD } from "../page_layout.ts";
import { PAUSE, TURN_MASK } from "../parts.ts";
import {
  ARGC,
  ARGV1,
  EAX,
  ECX,
  EDX,
  frameWord,
  JC,
  JE,
  JMP,
  JNE,
  kernel,
  pageWord,
  POP,
  pushPop,
  RECORD,
  signedByte,
  TEST,
} from "./operands.ts";

export function x86Turn(): CodeItem[] {
  return [
    { label: "start turn" },
    pushPop(LOCK_EX | LOCK_NB, POP.rsi),
    far([0xe8], "flock"), // call
    [0x83, 0xf8, signedByte(-EAGAIN)], // cmp $-EAGAIN,%eax
    short(JNE, "taken"), // also where locks cannot be had
    [0x41, 0xff, 0xc5], // inc %r13d
    [0x41, 0x0f, 0xba, 0xe5, Math.log2(PAUSE.busyTries)], // bt $9,%r13d
    short(JC, "taken"),
    pushPop(PAUSE.busy, POP.rax),
    far([0xe8], "hold"), // call
    far([0xe9], "reaped"), // jmp

    { label: "taken" },
    [0x45, 0x31, 0xed], // xor %r13d,%r13d
    [0x31, 0xc0], // xor %eax,%eax
    [0x48, 0x89, ...pageWord(EAX, PAGE.leave)], // mov %rax,leave: and pair
    [0x89, ...pageWord(EAX, PAGE.done)], // mov %eax,done
    [0x48, 0x8d, ...pageWord(EDX, PAGE.turn)], // lea turn,%rdx
    far([0xe8], "fork"), // call
    short(JE, "turn"),
    far([0x0f, 0x89], "reap"), // jns
    [0x89, ...frameWord(EAX, RECORD + END_RECORD.status)], // mov %eax,status: -EAGAIN
    far([0xe9], "turn ended"), // jmp

    { label: "turn" },
    [0x68, ...word(TURN_MASK)], // push $mask
    pushPop(SIG_SETMASK, POP.rdi),
    [0x48, 0x89, 0xe6], // mov %rsp,%rsi
    [0x31, 0xd2], // xor %edx,%edx
    pushPop(8, POP.r10), // of bytes
    ...kernel("rt_sigprocmask"),
    [0x8b, ...frameWord(ECX, ARGC + 128)], // mov argc,%ecx
    [0x48, 0x8d, 0x54, 0xcd, ARGV1], // lea 8+argv(%rbp,%rcx,8),%rdx: the environment
    [0x48, 0x8d, 0x75, ARGV1], // lea argv1,%rsi
    [0xf6, ...pageWord(TEST, PAGE.failures), 1], // testb $1,failures
    short(JNE, "by descriptor"), // the last one failed, maybe since the file is not what it was
    [0x48, 0x8b, 0x3e], // mov (%rsi),%rdi
    ...kernel("execve"),
    // With an empty path: the lowest byte of the mask is 0.
    { label: "by descriptor" },
    [0x49, 0x89, 0xd2], // mov %rdx,%r10
    [0x48, 0x89, 0xf2], // mov %rsi,%rdx
    [0x48, 0x89, 0xe6], // mov %rsp,%rsi
    pushPop(WAITER_FD.imp, POP.rdi),
    [0x41, 0xb8, ...word(AT_EMPTY_PATH)], // mov $AT_EMPTY_PATH,%r8d
    ...kernel("execveat"),
    pushPop(127, POP.rbx),
    { label: "exit" },
    [0x89, 0xdf], // mov %ebx,%edi
    ...kernel("exit_group"),
    { label: "exit 0" },
    [0x31, 0xdb], // xor %ebx,%ebx
    short(JMP, "exit"),
  ];
}
