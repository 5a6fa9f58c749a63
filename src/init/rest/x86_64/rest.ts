import { type CodeItem, codeText, word } from "../../../base/machine_code/assemble.ts";
import { far, short, withAddress } from "../../../base/machine_code/x86_64.ts";
import {
  AND,
  CMP,
  EAX,
  ECX,
  EDI,
  EDX,
  ESI,
  INC,
  JAE,
  JE,
  JMP,
  JNE,
  JS,
  kernel,
  pageWord,
  POP,
  pushPop,
  signedByte,
} from "../../../keeper/waiter/x86_64/operands.ts";
import {
  EAGAIN,
  MAP_SHARED,
  PROT_READ,
  PROT_WRITE,
  SI_KERNEL,
  SIGCHLD,
  SIGCONT,
  SIGKILL,
} from "../../../libc/abi.ts";
import { SIGINFO, SIGNALFD_SIGINFO } from "../../../libc/structs.ts";
import {
  AWAKE_COMMAND,
  PAGE_VARIABLE,
  REST_FRAME,
  REST_PAGE as PAGE,
  TABLE_BYTES,
} from "../rest_page.ts";

import { LOWER_SEVEN, x86Awakening } from "./awakening.ts";

/** Distances from %rbp. */
const STATUS = REST_FRAME.status - REST_FRAME.bytes, WORDS = REST_FRAME.words - REST_FRAME.bytes;

/**
 * Init at rest (rest.ts) in x86-64 instructions, each with its effect.
 *
 * %rbx: the page, 128 bytes from its beginning. %rbp: the address of argc; %rsp: the frame below it. %r13: the first
 * word of the environment, PAGE_VARIABLE. %r12d: the last result of wait4(2). %ecx: the current signal.
 */
export function restX86(): CodeItem[] {
  return [
    ...start(),
    ...reap(),
    ...look(),
    ...sleep(),
    ...x86Awakening(),
    { label: "imp" },
    codeText("imp"),
    { label: "command" },
    codeText(AWAKE_COMMAND),
  ];
}

/** On the stack: argc, argv, NULL, environment, NULL. */
function start(): CodeItem[] {
  return [
    { label: "start" },
    [0x48, 0x89, 0xe5], // mov %rsp,%rbp
    [0x8b, 0x4d, 0], // mov (%rbp),%ecx
    [0x4c, 0x8d, 0x6c, 0xcd, 16], // lea 16(%rbp,%rcx,8),%r13: the environment
    [0x49, 0x8b, 0x75, 0], // mov (%r13),%rsi
    [0x48, 0x83, 0xc6, PAGE_VARIABLE.length], // add $…,%rsi: the number of a descriptor
    [0x48, 0x89, 0x75, 0], // mov %rsi,(%rbp): imp's third word
    [0x31, 0xff], // xor %edi,%edi
    { label: "digit" },
    [0x0f, 0xb6, 0x06], // movzbl (%rsi),%eax
    [0x48, 0xff, 0xc6], // inc %rsi
    [0x83, 0xe8, 0x30], // sub $'0',%eax
    short(JS, "number"),
    [0x6b, 0xff, 10], // imul $10,%edi,%edi
    [0x01, 0xc7], // add %eax,%edi
    short(JMP, "digit"),
    { label: "number" },
    [0x41, 0x89, 0xf8], // mov %edi,%r8d
    [0x31, 0xff], // xor %edi,%edi
    [0xbe, ...word(PAGE.bytes)], // mov $4096,%esi
    pushPop(PROT_READ | PROT_WRITE, POP.rdx),
    pushPop(MAP_SHARED, POP.r10),
    [0x45, 0x31, 0xc9], // xor %r9d,%r9d
    ...kernel("mmap"),
    [0x48, 0x93], // xchg %rax,%rbx
    [0x48, 0x83, 0xeb, signedByte(-128)], // sub $-128,%rbx
    far([0x0f, 0x88], "lost"), // js: -errno
    withAddress([0x48, 0xc7, 0x45, signedByte(WORDS)], "imp"), // movq $imp,words
    withAddress([0x48, 0xc7, 0x45, signedByte(WORDS + 8)], "command"), // movq $command,words+8
    [0x48, 0x8d, 0xa5, ...word(-REST_FRAME.bytes)], // lea -160(%rbp),%rsp
  ];
}

/** Takes all status changes of children. */
function reap(): CodeItem[] {
  return [
    { label: "reap" },
    [0x83, 0xcf, 0xff], // or $-1,%edi
    [0x48, 0x8d, 0x75, signedByte(STATUS)], // lea status,%rsi
    [0x8b, ...pageWord(EDX, PAGE.options)], // mov options,%edx
    [0x45, 0x31, 0xd2], // xor %r10d,%r10d
    ...kernel("wait4"),
    [0x85, 0xc0], // test %eax,%eax
    far([0x0f, 0x8e], "reaped"), // jle
    [0x8b, 0x4d, signedByte(STATUS)], // mov status,%ecx
    [0x3b, ...pageWord(EAX, PAGE.helper)], // cmp helper,%eax
    short(JE, "helper ended"),
    [0x3b, ...pageWord(EAX, PAGE.running)], // cmp running,%eax
    short(JNE, "reap"), // an orphan
    [0x81, 0xf9, ...word(0xffff)], // cmp $0xffff,%ecx: WIFCONTINUED
    short(JE, "continued"),
    [0x0f, 0xb6, 0xd1], // movzbl %cl,%edx
    [0x83, 0xfa, LOWER_SEVEN], // cmp $0x7f,%edx: WIFSTOPPED
    short(JE, "stopped"),
    [0x89, ...pageWord(ECX, PAGE.status)], // mov %ecx,status
    [0x83, ...pageWord(AND, PAGE.running), 0], // andl $0,running
    [0xff, ...pageWord(INC, PAGE.ended)], // incl ended
    short(JMP, "reap"),

    { label: "stopped" },
    [0x0f, 0xb6, 0xcd], // movzbl %ch,%ecx
    [0x89, ...pageWord(ECX, PAGE.stopped)], // mov %ecx,stopped
    short(JMP, "reap"),

    { label: "continued" },
    [0x83, ...pageWord(AND, PAGE.stopped), 0], // andl $0,stopped
    short(JMP, "reap"),

    // A signal that needed imp's decision is forwarded unchanged.
    { label: "helper ended" },
    [0x83, ...pageWord(AND, PAGE.helper), 0], // andl $0,helper
    far([0xe8], "failed"), // call
    [0x8b, ...pageWord(ECX, PAGE.signal)], // mov signal,%ecx
    [0x85, 0xc9], // test %ecx,%ecx
    short(JE, "reap"),
    [0x83, ...pageWord(AND, PAGE.signal), 0], // andl $0,signal
    far([0xe9], "plain"), // jmp

    { label: "reaped" },
    [0x41, 0x89, 0xc4], // mov %eax,%r12d
  ];
}

/** What is there to do? */
function look(): CodeItem[] {
  return [
    { label: "look" },
    [0x31, 0xd2], // xor %edx,%edx: for ever
    [0x83, ...pageWord(CMP, PAGE.helper), 0], // cmpl $0,helper
    short(JNE, "helper runs"),
    [0x83, ...pageWord(CMP, PAGE.ended), 0], // cmpl $0,ended
    far([0x0f, 0x85], "over"), // jne
    [0x8b, ...pageWord(EAX, PAGE.signal)], // mov signal,%eax
    [0x0b, ...pageWord(EAX, PAGE.stopped)], // or stopped,%eax
    far([0x0f, 0x85], "wake"), // jne
    short(JMP, "sleep"),

    // What follows the program's end, or a signal that needs a decision, is left to imp.
    { label: "helper runs" },
    [0x83, ...pageWord(CMP, PAGE.proven), 0], // cmpl $0,proven
    far([0x0f, 0x85], "become imp"), // jne
    [0x8b, ...pageWord(EAX, PAGE.signal)], // mov signal,%eax
    [0x0b, ...pageWord(EAX, PAGE.ended)], // or ended,%eax
    short(JE, "sleep"),
    [0x48, 0x8d, ...pageWord(EDI, PAGE.childOnly)], // lea childOnly,%rdi
    [0x48, 0x8d, ...pageWord(EDX, PAGE.patience)], // lea patience,%rdx
  ];
}

/** %rdx: how long, and %rdi: for which signals; 0: no limit, and all. */
function sleep(): CodeItem[] {
  return [
    { label: "sleep" },
    [0x48, 0x89, 0xe6], // mov %rsp,%rsi
    [0x48, 0x85, 0xd2], // test %rdx,%rdx
    short(JNE, "for a while"),
    [0x8b, ...pageWord(EDI, PAGE.signals)], // mov signals,%edi
    [0xba, ...word(SIGNALFD_SIGINFO.bytes)], // mov $128,%edx
    ...kernel("read"),
    [0x85, 0xc0], // test %eax,%eax
    far([0x0f, 0x88], "reap"), // js: EINTR
    [0x8b, 0x04, 0x24], // mov ssi_signo,%eax
    short(JMP, "one came"),
    { label: "for a while" },
    pushPop(8, POP.r10), // of bytes
    ...kernel("rt_sigtimedwait"),
    [0x85, 0xc0], // test %eax,%eax
    far([0x0f, 0x88], "nothing came"), // js
    { label: "one came" },
    [0x83, 0xf8, SIGCHLD], // cmp $SIGCHLD,%eax
    far([0x0f, 0x84], "reap"), // je
    [0x89, 0xc1], // mov %eax,%ecx
    [0x8b, 0x44, 0x24, SIGINFO.si_code], // mov si_code,%eax
    [0x89, ...pageWord(EAX, PAGE.code)], // mov %eax,code
    [0x83, 0xf9, SIGCONT], // cmp $SIGCONT,%ecx
    short(JNE, "not continue"),
    [0x48, 0x83, ...pageWord(AND, PAGE.sent), 0], // andq $0,sent
    { label: "not continue" },
    [0x8d, 0x51, signedByte(-1)], // lea -1(%rcx),%edx
    [0x0f, 0xa3, ...pageWord(EDX, PAGE.thought)], // bt %edx,thought
    short(JAE, "plain"),
    [0x89, ...pageWord(ECX, PAGE.signal)], // mov %ecx,signal
    far([0xe9], "reap"), // jmp

    // Forwards %ecx, by the table for its sender.
    { label: "plain" },
    [0x48, 0x8d, ...pageWord(ESI, PAGE.byProcess)], // lea byProcess,%rsi
    [0x81, ...pageWord(CMP, PAGE.code), ...word(SI_KERNEL)], // cmpl $SI_KERNEL,code
    short(JNE, "look up"),
    [0x48, 0x83, 0xc6, TABLE_BYTES], // add $72,%rsi: byKernel
    { label: "look up" },
    [0x0f, 0xb6, 0x34, 0x0e], // movzbl (%rsi,%rcx),%esi
    [0x8b, ...pageWord(EDI, PAGE.running)], // mov running,%edi
    [0x85, 0xff], // test %edi,%edi
    far([0x0f, 0x84], "reap"), // je
    [0x83, 0xf9, SIGCONT], // cmp $SIGCONT,%ecx
    short(JE, "send"),
    [0x81, ...pageWord(CMP, PAGE.code), ...word(SI_KERNEL)], // cmpl $SI_KERNEL,code
    short(JE, "send"),
    [0x89, 0xf0], // mov %esi,%eax
    [0x83, 0xe0, LOWER_SEVEN], // and $0x7f,%eax
    [0xff, 0xc8], // dec %eax
    far([0x0f, 0x88], "reap"), // js: dropped
    [0x0f, 0xab, ...pageWord(EAX, PAGE.sent)], // bts %eax,sent
    { label: "send" },
    [0x0f, 0xba, 0xf6, 7], // btr $7,%esi: TO_GROUP
    short(JAE, "to it"),
    [0xf7, 0xdf], // neg %edi
    { label: "to it" },
    [0x85, 0xf6], // test %esi,%esi
    far([0x0f, 0x84], "reap"), // je: dropped
    ...kernel("kill"),
    far([0xe9], "reap"), // jmp

    { label: "nothing came" },
    [0x83, 0xf8, signedByte(-EAGAIN)], // cmp $-EAGAIN,%eax
    far([0x0f, 0x85], "reap"), // jne: EINTR
    [0x8b, ...pageWord(EDI, PAGE.helper)], // mov helper,%edi
    [0x85, 0xff], // test %edi,%edi
    short(JE, "not forked again"),
    pushPop(SIGKILL, POP.rsi), // it hangs
    ...kernel("kill"),
    far([0xe9], "reap"), // jmp
    { label: "not forked again" },
    far([0xe8], "failed"), // call
    far([0xe9], "reap"), // jmp
  ];
}
