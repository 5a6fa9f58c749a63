/** What a waiter waits for, in the instructions of x86-64: waiter.ts. */
import { type CodeItem, word } from "../../../base/machine_code/assemble.ts";
import { far, short } from "../../../base/machine_code/x86_64.ts";
import { POLLIN, SIGALRM, SIGCHLD, SIGUSR1, SIGUSR2 } from "../../../libc/abi.ts";
import { SIGNALFD_SIGINFO } from "../../../libc/structs.ts";
import { PAGE, TIMER_EVENTS, WAITER_EVENT, WAITER_FD } from "../page_layout.ts";
import { ALARM, FRAME, HOLD, PAUSE } from "../parts.ts";
import {
  AND,
  CMP,
  EAX,
  ECX,
  EDI,
  EDX,
  ESI,
  frameWord,
  JE,
  JG,
  JLE,
  JMP,
  JNE,
  JNS,
  kernel,
  MOV,
  pageWord,
  POP,
  pushPop,
  R12,
  raiseEvent,
  signedByte,
  TEST,
} from "./operands.ts";

export function x86Waiting(): CodeItem[] {
  return [...reaped(), ...poll(), ...takeSignals(), ...takeWatched()];
}

/** No other child has ended. Is there anything to do, and may it be done now? */
function reaped(): CodeItem[] {
  return [
    { label: "reaped" },
    pushPop(1, POP.r12), // the signalfd alone
    [0x45, 0x85, 0xf6], // test %r14d,%r14d
    short(JNE, "poll"), // a keeper does it
    [0x83, ...pageWord(CMP, PAGE.turn), 0], // cmpl $0,turn
    short(JNE, "poll"),
    [0x41, 0xf6, 0xc7, HOLD], // test $HOLD,%r15b
    short(JNE, "held"),
    [0x48, 0x8d, ...pageWord(ESI, PAGE.raised)], // lea raised,%rsi
    [0x48, 0x8d, ...pageWord(EDI, PAGE.seen)], // lea seen,%rdi
    pushPop(Object.keys(WAITER_EVENT).length, POP.rcx),
    [0xf3, 0xa7], // repe cmpsl
    far([0x0f, 0x85], "start turn"), // jne
    [0x44, 0x8b, ...pageWord(R12, PAGE.polledCount)], // mov polledCount,%r12d
    [0xc6, ...pageWord(MOV, TIMER_EVENTS), POLLIN], // movb $POLLIN,events
    short(JMP, "poll"),

    // No turn may be started. Pings are taken until something else arrives: that stays in the socket, and is already
    // signalled.
    { label: "held" },
    [0xf6, ...pageWord(TEST, PAGE.ready), 1], // testb $1,ready
    short(JNE, "poll"),
    pushPop(3, POP.r12), // the signalfd, the timer, the first that is watched
    [0x80, ...pageWord(AND, TIMER_EVENTS), 0], // andb $0,events: nobody would read the timer
  ];
}

function poll(): CodeItem[] {
  return [
    { label: "poll" },
    [0x48, 0x8d, ...pageWord(EDI, PAGE.polled)], // lea polled,%rdi
    [0x44, 0x89, 0xe6], // mov %r12d,%esi
    [0x31, 0xd2], // xor %edx,%edx: for ever
    [0x45, 0x85, 0xff], // test %r15d,%r15d
    short(JE, "sleep"),
    [0x48, 0x8d, ...frameWord(EDX, FRAME.pause)], // lea pause,%rdx: the kernel leaves there what is left of it
    { label: "sleep" },
    [0x45, 0x31, 0xd2], // xor %r10d,%r10d
    ...kernel("ppoll"),
    [0x85, 0xc0], // test %eax,%eax
    short(JG, "found"),
    pushPop(1, POP.r12), // nothing has been written to what is watched
    short(JE, "pause over"),
    { label: "found" }, // or EINTR
    [0x45, 0x85, 0xff], // test %r15d,%r15d
    short(JE, "take signals"),
    [0x48, 0x8b, ...frameWord(EAX, FRAME.pause)], // mov tv_sec,%rax
    [0x48, 0x0b, ...frameWord(EAX, FRAME.pause + 8)], // or tv_nsec,%rax
    short(JNE, "take signals"), // who sends without end does not make it longer
    { label: "pause over" },
    [0x44, 0x89, 0xf8], // mov %r15d,%eax
    [0x45, 0x31, 0xff], // xor %r15d,%r15d
    [0xa8, ALARM], // test $ALARM,%al
    short(JE, "take signals"),
    far([0xe8], "raise wake"), // call
  ];
}

function takeSignals(): CodeItem[] {
  return [
    { label: "take signals" },
    pushPop(WAITER_FD.signals, POP.rdi),
    [0x48, 0x8d, ...frameWord(ESI, FRAME.record)], // lea record,%rsi
    [0xba, ...word(SIGNALFD_SIGINFO.bytes)], // mov $128,%edx
    ...kernel("read"),
    [0x85, 0xc0], // test %eax,%eax
    short(JLE, "take watched"),
    [0x8b, ...frameWord(ESI, FRAME.record + SIGNALFD_SIGINFO.ssi_signo)], // mov ssi_signo,%esi
    [0x83, 0xfe, SIGCHLD], // cmp $SIGCHLD,%esi
    short(JE, "take signals"),
    [0x83, 0xfe, SIGUSR2], // cmp $SIGUSR2,%esi
    short(JNE, "not of guard"),
    far([0xe8], "look at guard"), // call
    short(JMP, "take signals"),

    { label: "not of guard" },
    [0x44, 0x89, 0xf7], // mov %r14d,%edi
    [0x85, 0xff], // test %edi,%edi
    short(JE, "own"),
    far([0xe8], "kill"), // call: passed on
    short(JMP, "take signals"),

    { label: "own" },
    [0x83, 0xfe, SIGALRM], // cmp $SIGALRM,%esi
    short(JE, "alarm"),
    [0x83, 0xfe, SIGUSR1], // cmp $SIGUSR1,%esi
    short(JNE, "asked"),
    far([0xe8], "raise wake"), // call
    short(JMP, "take signals"),

    { label: "asked" },
    [0x89, ...pageWord(ESI, PAGE.signal)], // mov %esi,signal
    raiseEvent("asked"),
    far([0xe8], "wake turn"), // call
    short(JMP, "take signals"),

    { label: "alarm" },
    [0x41, 0x80, 0xcf, ALARM], // or $ALARM,%r15b
    [0x41, 0xf6, 0xc7, HOLD], // test $HOLD,%r15b
    short(JNE, "take signals"), // at the end of that pause
    [0xb8, ...word(PAUSE.alarm)], // mov $3000,%eax
    far([0xe8], "set pause"), // call
    short(JMP, "take signals"),
  ];
}

/** From the last entry polled down to the timer, which is the second. */
function takeWatched(): CodeItem[] {
  return [
    { label: "take watched" },
    [0x41, 0xff, 0xcc], // dec %r12d
    far([0x0f, 0x84], "reap"), // je
    [0x4a, 0x8d, 0xbc, 0xe3, ...word(PAGE.polled - 128)], // lea polled(,%r12,8),%rdi
    [0x0f, 0xb7, 0x47, 6], // movzwl revents(%rdi),%eax
    [0x85, 0xc0], // test %eax,%eax
    short(JE, "take watched"),
    [0xa8, 1], // test $POLLIN,%al
    short(JNE, "readable"),
    [0x83, 0x0f, signedByte(-1)], // orl $-1,(%rdi): POLLERR, POLLHUP, POLLNVAL would come again at once
    { label: "readable" },
    [0x44, 0x89, 0xe1], // mov %r12d,%ecx
    [0x83, 0xe9, 2], // sub $2,%ecx
    short(JNS, "not timer"),
    raiseEvent("timer"),
    short(JMP, "take watched"),

    { label: "not timer" },
    far([0x0f, 0x84], "ping"), // je: the first that is watched
    { label: "told" },
    [0x0f, 0xab, ...pageWord(ECX, PAGE.ready)], // bts %ecx,ready
    raiseEvent("watched"),
    short(JMP, "take watched"),
  ];
}
