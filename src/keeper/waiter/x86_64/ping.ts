/** How a waiter takes a ping of sd_notify(3), in the instructions of x86-64: waiter.ts. */
import type { CodeItem } from "../../../base/machine_code/assemble.ts";
import { far, short, withAddress } from "../../../base/machine_code/x86_64.ts";
import { MSG_DONTWAIT, MSG_PEEK } from "../../../libc/abi.ts";
import { PAGE, WAITER_FD } from "../page_layout.ts";
import { FRAME, PING, PING_FRAME } from "../parts.ts";
import {
  CMP,
  EAX,
  EDI,
  EDX,
  ESI,
  frameWord,
  INC,
  JA,
  JE,
  JNE,
  kernel,
  pageWord,
  POP,
  pushPop,
} from "./operands.ts";

const SHORTEST = PING.length - 1;
const SEEN = FRAME.record;

/** The first watched descriptor is readable. A plain ping of the program is taken; anything else is left to a turn. */
export function x86Ping(): CodeItem[] {
  return [
    { label: "ping" },
    [0x83, ...pageWord(CMP, PAGE.pings), 0], // cmpl $0,pings
    short(JE, "no ping"),
    // struct iovec and msghdr, from their ends.
    [0x6a, PING_FRAME.textBytes], // push $16: iov_len
    [0x48, 0x8d, ...frameWord(ESI, SEEN + PING_FRAME.text)], // lea text,%rsi
    [0x56], // push %rsi: iov_base
    [0x48, 0x89, 0xe1], // mov %rsp,%rcx
    [0x6a, 0], // push $0: msg_flags
    [0x6a, PING_FRAME.controlBytes], // push $32: msg_controllen
    [0x48, 0x8d, ...frameWord(ESI, SEEN + PING_FRAME.control)], // lea control,%rsi
    [0x56], // push %rsi: msg_control
    [0x6a, 1], // push $1: msg_iovlen
    [0x51], // push %rcx: msg_iov
    [0x6a, 0], // push $0: msg_namelen
    [0x6a, 0], // push $0: msg_name
    [0x48, 0x89, 0xe6], // mov %rsp,%rsi
    pushPop(WAITER_FD.watched, POP.rdi),
    pushPop(MSG_PEEK | MSG_DONTWAIT, POP.rdx),
    ...kernel("recvmsg"),
    [0x48, 0x83, 0xc4, 72], // add $72,%rsp
    [0x89, 0xc1], // mov %eax,%ecx
    [0x83, 0xe8, SHORTEST], // sub $10,%eax
    [0x83, 0xf8, 1], // cmp $1,%eax
    short(JA, "no ping"), // too short, too long, -errno
    [0x48, 0x8d, ...frameWord(ESI, SEEN + PING_FRAME.text)], // lea text,%rsi
    withAddress([0xbf], "ping text"), // mov $text,%edi
    [0xf3, 0xa6], // repe cmpsb
    short(JNE, "no ping"),
    [0x8b, ...frameWord(EAX, SEEN + PING_FRAME.pid)], // mov pid,%eax
    [0x3b, ...pageWord(EAX, PAGE.program)], // cmp program,%eax
    short(JNE, "no ping"),
    pushPop(WAITER_FD.watched, POP.rdi),
    [0x48, 0x8d, ...frameWord(ESI, SEEN)], // lea record,%rsi: %edx is more than its length
    ...kernel("read"),
    [0x8b, ...pageWord(EDI, PAGE.pings)], // mov pings,%edi
    [0x31, 0xf6], // xor %esi,%esi: after that time
    [0x48, 0x8d, ...pageWord(EDX, PAGE.pingTimer)], // lea pingTimer,%rdx
    [0x45, 0x31, 0xd2], // xor %r10d,%r10d
    ...kernel("timerfd_settime"),
    [0xff, ...pageWord(INC, PAGE.pinged)], // incl pinged
    far([0xe9], "take watched"), // jmp

    { label: "no ping" },
    [0x31, 0xc9], // xor %ecx,%ecx: its number
    far([0xe9], "told"), // jmp
  ];
}
