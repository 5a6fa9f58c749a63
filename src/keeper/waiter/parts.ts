/** What the machine code of waiters is made of on every machine. What it does is behaviour.ts; each line of it is x86_64.ts and arm64.ts. */
import { ASSEMBLED_SYSCALLS } from "../../libc/machine.ts";
import { CMSGHDR, MSGHDR, UCRED } from "../../libc/structs.ts";
import { codeText } from "../../base/machine_code/assemble.ts";
import { END_RECORD } from "./page_layout.ts";

/** What a waiter calls itself: PR_SET_NAME of prctl(2), and its word 0, which has room for the longer one. */
export const WAITER_NAME = { keeper: "imp-keeper", guard: "imp-guard" } as const;

/** The command of imp that is a waiter itself, before its role. */
export const STAY_COMMAND = "keeper-stay";

/** Of {@link WAITER_NAME} with NUL: so many bytes are copied over word 0. */
export const NAME_BYTES = WAITER_NAME.keeper.length + 1;

export function nameText(role: keyof typeof WAITER_NAME): number[] {
  const text = codeText(WAITER_NAME[role]);
  return [...text, ...Array(NAME_BYTES - text.length).fill(0)];
}

/** What the pauses of a waiter are made of; milliseconds. */
export const PAUSE = {
  /** After a turn has failed; twice as long after each further one. */
  failed: 100,
  /** So often it doubles at most: 51.2 s. */
  doublings: 9,
  /** Before it asks again whether a turn may be taken. */
  busy: 10,
  /** So often it asks, then it goes ahead: turns are limited for the machine's sake, not for safety. A power of two. */
  busyTries: 512,
  /** After SIGALRM. */
  alarm: 3000,
} as const;

/** Bits of the flags of a waiter: why its poll(2) ends after a pause. */
export const HOLD = 1, ALARM = 2;

/** What poll(2) waits for, besides END_RECORD, in the frame of a waiter on its stack. */
export const FRAME = { record: 0, pause: END_RECORD.bytes, bytes: 192 } as const;

/** What sd_watchdog_enabled(3) has a program send, and what shells send: the newline may be missing. */
export const PING = "WATCHDOG=1\n";

/**
 * In the frame, in place of the record of an end: what recvmsg(2) writes. SCM_CREDENTIALS, always the first, fills its space: descriptors
 * that came along are not taken. Then the text, with room to see that it is longer; on arm64 then struct msghdr and iovec.
 */
export const PING_FRAME = {
  control: 0,
  controlBytes: 32,
  pid: CMSGHDR.data + UCRED.pid,
  text: 32,
  textBytes: 16,
  header: 48,
  vector: 48 + MSGHDR.bytes,
} as const;

/** What a turn is started with in place of a waiter's mask: only USR1 stays blocked, for a turn that stays reads it by a signalfd. */
export const TURN_MASK = 1 << 9;

export type AssembledSyscall = keyof typeof ASSEMBLED_SYSCALLS;

export function assembledNumber(name: AssembledSyscall, arm: boolean): number {
  return ASSEMBLED_SYSCALLS[name][arm ? 1 : 0];
}
