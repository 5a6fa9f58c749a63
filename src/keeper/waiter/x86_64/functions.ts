/** Functions called from several places in a waiter, in x86-64 instructions: waiter.ts. */
import { type CodeItem, word } from "../../../base/machine_code/assemble.ts";
import { short, withAddress } from "../../../base/machine_code/x86_64.ts";
import { CLONE_PARENT_SETTID, PR_SET_NAME, SIGCHLD, SIGUSR1 } from "../../../libc/abi.ts";
import { PAGE, WAITER_FD } from "../page_layout.ts";
import { FRAME, HOLD, NAME_BYTES } from "../parts.ts";
import {
  AND,
  ARGV1,
  EAX,
  ECX,
  EDI,
  EDX,
  frameWord,
  JE,
  JNE,
  kernel,
  pageWord,
  POP,
  pushPop,
  raiseEvent,
  RETURN,
} from "./operands.ts";

export function x86Functions(): CodeItem[] {
  return [
    // Clones this process, whose PID the kernel writes to (%rdx) before it runs. Flags tell the child, ZF, and a failure, SF.
    { label: "fork" },
    [0xbf, ...word(CLONE_PARENT_SETTID | SIGCHLD)], // mov $flags,%edi
    [0x31, 0xf6], // xor %esi,%esi
    ...kernel("clone"),
    [0x85, 0xc0], // test %eax,%eax
    RETURN,

    { label: "flock" }, // %esi: the operation
    pushPop(WAITER_FD.turns, POP.rdi),
    ...kernel("flock"),
    RETURN,

    // The keeper asks whether its guard has ended.
    { label: "look at guard" },
    [0x45, 0x85, 0xf6], // test %r14d,%r14d
    short(JNE, "done"), // it is a guard itself
    ...kernel("getppid"),
    [0x8b, ...pageWord(ECX, PAGE.guard)], // mov guard,%ecx
    [0x85, 0xc9], // test %ecx,%ecx
    short(JE, "done"),
    [0x39, 0xc8], // cmp %ecx,%eax
    short(JE, "done"),
    [0x83, ...pageWord(AND, PAGE.guard), 0], // andl $0,guard
    raiseEvent("partner"),
    RETURN,

    // Raises wake; wakes the turn that runs; sends SIGUSR1 to %edi; sends %esi to %edi. Not to 0, its own group.
    { label: "raise wake" },
    raiseEvent("wake"),
    { label: "wake turn" },
    [0x8b, ...pageWord(EDI, PAGE.turn)], // mov turn,%edi
    { label: "wake" },
    pushPop(SIGUSR1, POP.rsi),
    { label: "kill" },
    [0x85, 0xff], // test %edi,%edi
    short(JE, "done"),
    ...kernel("kill"),
    { label: "done" },
    RETURN,

    // No turn for %eax milliseconds; poll(2) ends after %eax milliseconds.
    { label: "hold" },
    [0x41, 0x80, 0xcf, HOLD], // or $HOLD,%r15b
    { label: "set pause" },
    [0x99], // cltd: %edx is 0
    [0xb9, ...word(1000)], // mov $1000,%ecx
    [0xf7, 0xf1], // div %ecx
    [0x48, 0x89, ...frameWord(EAX, FRAME.pause)], // mov %rax,tv_sec
    [0x69, 0xd2, ...word(1_000_000)], // imul $1000000,%edx,%edx
    [0x48, 0x89, ...frameWord(EDX, FRAME.pause + 8)], // mov %rdx,tv_nsec
    RETURN,

    // It acts, and has no partner.
    { label: "alone" },
    [0x45, 0x31, 0xf6], // xor %r14d,%r14d
    ...kernel("getpid"),
    [0x48, 0xc1, 0xe0, 32], // shl $32,%rax
    [0x48, 0x89, ...pageWord(EAX, PAGE.guard)], // mov %rax,guard: 0, and keeper
    withAddress([0xbe], "keeper name"), // mov $name,%esi
    // Sets its name to the text at %rsi.
    { label: "name" },
    [0x48, 0x8b, 0x7d, ARGV1 - 8], // mov argv0,%rdi
    [0x57], // push %rdi
    pushPop(NAME_BYTES, POP.rcx),
    [0xf3, 0xa4], // rep movsb
    [0x5e], // pop %rsi
    pushPop(PR_SET_NAME, POP.rdi),
    { label: "prctl" }, // %edi, %rsi
    ...kernel("prctl"),
    RETURN,
  ];
}
