/** The start of a waiter, and of a pair of them, in the instructions of x86-64: waiter.ts. */
import { type CodeItem, word } from "../../../base/machine_code/assemble.ts";
import { far, short, withAddress } from "../../../base/machine_code/x86_64.ts";
import { PR_SET_CHILD_SUBREAPER, PR_SET_PDEATHSIG, SIGUSR2 } from "../../../libc/abi.ts";
import { PAGE, WAITER_FD } from "../page_layout.ts";
import {
  ARGC,
  EAX,
  EDX,
  JE,
  JMP,
  JS,
  kernel,
  pageWord,
  POP,
  pushPop,
  raiseEvent,
  signedByte,
} from "./operands.ts";

export function x86Start(): CodeItem[] {
  return [...start(), ...pair()];
}

/** On the stack: argc, argv, NULL, environment, NULL. */
function start(): CodeItem[] {
  return [
    { label: "start" },
    [0x48, 0x8d, 0x6c, 0x24, signedByte(-ARGC)], // lea -ARGC(%rsp),%rbp
    [0x48, 0x8d, 0x65, signedByte(-128)], // lea -128(%rbp),%rsp
    [0x31, 0xff], // xor %edi,%edi
    [0xbe, ...word(PAGE.bytes)], // mov $4096,%esi
    pushPop(3, POP.rdx), // PROT_READ | PROT_WRITE
    pushPop(1, POP.r10), // MAP_SHARED
    pushPop(WAITER_FD.page, POP.r8),
    [0x45, 0x31, 0xc9], // xor %r9d,%r9d
    ...kernel("mmap"),
    [0x48, 0x93], // xchg %rax,%rbx
    [0x48, 0x83, 0xeb, signedByte(-128)], // sub $-128,%rbx
    far([0x0f, 0x88], "exit"), // js: -errno; there is no page
    [0x6a, 0x2f, 0x48, 0x89, 0xe7], // push $'/'; mov %rsp,%rdi
    ...kernel("chdir"),
    [0x58], // pop %rax
    [0x45, 0x31, 0xed], // xor %r13d,%r13d
    [0x45, 0x31, 0xf6], // xor %r14d,%r14d
    [0x45, 0x31, 0xff], // xor %r15d,%r15d
    pushPop(PR_SET_CHILD_SUBREAPER, POP.rdi),
    pushPop(1, POP.rsi),
    far([0xe8], "prctl"), // call
  ];
}

/** Becomes the guard of a keeper that it forks; if that fails, acts itself. */
function pair(): CodeItem[] {
  return [
    { label: "pair" },
    raiseEvent("begin"),
    ...kernel("getpid"),
    [0x89, ...pageWord(EAX, PAGE.guard)], // mov %eax,guard
    withAddress([0xbe], "guard name"), // mov $name,%esi
    far([0xe8], "name"), // call
    [0x48, 0x8d, ...pageWord(EDX, PAGE.keeper)], // lea keeper,%rdx
    far([0xe8], "fork"), // call
    short(JE, "keeper begins"),
    short(JS, "act alone"),
    [0x41, 0x89, 0xc6], // mov %eax,%r14d
    short(JMP, "reap"),

    { label: "act alone" },
    far([0xe8], "alone"), // call
    short(JMP, "reap"),

    { label: "keeper begins" },
    ...kernel("setsid"),
    pushPop(PR_SET_CHILD_SUBREAPER, POP.rdi),
    pushPop(1, POP.rsi),
    far([0xe8], "prctl"), // call
    pushPop(PR_SET_PDEATHSIG, POP.rdi),
    pushPop(SIGUSR2, POP.rsi),
    far([0xe8], "prctl"), // call
    withAddress([0xbe], "keeper name"), // mov $name,%esi
    far([0xe8], "name"), // call
    far([0xe8], "look at guard"), // call: it may have ended before the signal was wanted
  ];
}
