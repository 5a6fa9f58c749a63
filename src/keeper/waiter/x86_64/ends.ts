/** What a waiter does when a child has ended, in the instructions of x86-64: waiter.ts. */
import { type CodeItem, word } from "../../../base/machine_code/assemble.ts";
import { far, short } from "../../../base/machine_code/x86_64.ts";
import { __WALL, LOCK_UN, WNOHANG } from "../../../libc/abi.ts";
import { END_RECORD, PAGE } from "../page_layout.ts";
import { PAUSE } from "../parts.ts";
import {
  AND,
  CMP,
  EAX,
  ECX,
  EDI,
  ESI,
  frameWord,
  INC,
  JBE,
  JE,
  JMP,
  JNE,
  kernel,
  pageWord,
  POP,
  pushPop,
  R10,
  raiseEvent,
  RECORD,
} from "./operands.ts";

export function x86Ends(): CodeItem[] {
  return [...reap(), ...turnEnded(), ...keeperEnded()];
}

/** Reaps every ended child. */
function reap(): CodeItem[] {
  return [
    { label: "reap" },
    [0x83, 0xcf, 0xff], // or $-1,%edi
    [0x48, 0x8d, ...frameWord(ESI, RECORD + END_RECORD.status)], // lea status,%rsi
    [0xba, ...word(WNOHANG | __WALL)], // mov $…,%edx
    [0x4c, 0x8d, ...frameWord(R10, RECORD + END_RECORD.usage)], // lea usage,%r10
    ...kernel("wait4"),
    [0x85, 0xc0], // test %eax,%eax
    far([0x0f, 0x8e], "reaped"), // jle
    [0x89, ...frameWord(EAX, RECORD + END_RECORD.pid)], // mov %eax,pid
    [0x3b, ...pageWord(EAX, PAGE.turn)], // cmp turn,%eax
    short(JE, "turn ended"),
    [0x41, 0x39, 0xc6], // cmp %eax,%r14d
    far([0x0f, 0x84], "keeper ended"), // je
    [0x31, 0xff], // xor %edi,%edi: CLOCK_REALTIME
    [0x48, 0x8d, ...frameWord(ESI, RECORD + END_RECORD.at)], // lea at,%rsi
    ...kernel("clock_gettime"),
    [0x8b, ...frameWord(EAX, RECORD + END_RECORD.pid)], // mov pid,%eax
    [0x48, 0x8d, ...pageWord(EDI, PAGE.other)], // lea other,%rdi
    [0x31, 0xc9], // xor %ecx,%ecx
    [0xf0, 0x0f, 0xb1, ...pageWord(ECX, PAGE.program)], // lock cmpxchg %ecx,program: 0 if it was that PID
    [0x0f, 0x94, 0xc2], // sete %dl
    short(JNE, "record"),
    [0x48, 0x8d, ...pageWord(EDI, PAGE.ended)], // lea ended,%rdi
    { label: "record" },
    [0x48, 0x8d, ...frameWord(ESI, RECORD)], // lea record,%rsi
    pushPop(END_RECORD.bytes / 4, POP.rcx),
    [0xf3, 0xa5], // rep movsl
    [0x84, 0xd2], // test %dl,%dl
    short(JE, "reap"),
    raiseEvent("ended"), // after the record is whole
    [0x44, 0x89, 0xf7], // mov %r14d,%edi: a keeper that did not start it does not know
    far([0xe8], "wake"), // call
    far([0xe8], "wake turn"), // call
    short(JMP, "reap"),
  ];
}

function turnEnded(): CodeItem[] {
  return [
    { label: "turn ended" },
    [0x8b, ...frameWord(EAX, RECORD + END_RECORD.status)], // mov status,%eax
    [0x89, ...pageWord(EAX, PAGE.turnStatus)], // mov %eax,turnStatus
    [0x50], // push %rax
    [0x83, ...pageWord(AND, PAGE.turn), 0], // andl $0,turn
    pushPop(LOCK_UN, POP.rsi),
    far([0xe8], "flock"), // call
    [0x58], // pop %rax
    [0x85, 0xc0], // test %eax,%eax
    short(JNE, "failed"),
    [0x39, ...pageWord(EAX, PAGE.done)], // cmp %eax,done
    short(JE, "failed"), // what has exited with 0 was no turn
    [0x89, ...pageWord(EAX, PAGE.failures)], // mov %eax,failures
    [0x39, ...pageWord(EAX, PAGE.leave)], // cmp %eax,leave
    far([0x0f, 0x85], "exit 0"), // jne
    [0x39, ...pageWord(EAX, PAGE.pair)], // cmp %eax,pair
    short(JE, "on"),
    [0x39, ...pageWord(EAX, PAGE.guard)], // cmp %eax,guard
    far([0x0f, 0x84], "pair"), // je: it has no partner
    { label: "on" },
    far([0xe9], "reap"), // jmp

    { label: "failed" },
    [0x8b, ...pageWord(ECX, PAGE.failures)], // mov failures,%ecx
    [0xff, ...pageWord(INC, PAGE.failures)], // incl failures
    [0x83, 0xf9, PAUSE.doublings], // cmp $9,%ecx
    short(JBE, "doubled"),
    pushPop(PAUSE.doublings, POP.rcx),
    { label: "doubled" },
    pushPop(PAUSE.failed, POP.rax),
    [0xd3, 0xe0], // shl %cl,%eax
    far([0xe8], "hold"), // call
    short(JMP, "on"),
  ];
}

function keeperEnded(): CodeItem[] {
  return [
    { label: "keeper ended" },
    [0x83, ...frameWord(CMP, RECORD + END_RECORD.status), 0], // cmpl $0,status
    short(JNE, "take over"),
    [0x83, ...pageWord(CMP, PAGE.leave), 0], // cmpl $0,leave
    far([0x0f, 0x85], "exit 0"), // jne: it was told to
    { label: "take over" },
    raiseEvent("partner"),
    far([0xe8], "alone"), // call
    far([0xe9], "reap"), // jmp
  ];
}
