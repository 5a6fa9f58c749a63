/**
 * The common parts of the waiters' machine code. behaviour.ts says what it does; x86_64/ and arm64/ contain its
 * instructions.
 */
import { ASSEMBLED_SYSCALLS } from "../../libc/machine.ts";
import { CMSGHDR, MSGHDR, UCRED } from "../../libc/structs.ts";
import { codeText } from "../../base/machine_code/assemble.ts";
import { END_RECORD } from "./page_layout.ts";

/** A waiter's name: PR_SET_NAME of prctl(2), and its word 0, which has room for the longer one. */
export const WAITER_NAME = { keeper: "imp-keeper", guard: "imp-guard" } as const;

/** The command of imp that is itself a waiter, before its role. */
export const STAY_COMMAND = "keeper-stay";

/** Length of {@link WAITER_NAME} with NUL: this many bytes are copied over word 0. */
export const NAME_BYTES = WAITER_NAME.keeper.length + 1;

export function nameText(role: keyof typeof WAITER_NAME): number[] {
  const text = codeText(WAITER_NAME[role]);
  return [...text, ...Array(NAME_BYTES - text.length).fill(0)];
}

/** The pauses of a waiter; milliseconds. */
export const PAUSE = {
  /** After a turn has failed; doubled after each further one. */
  failed: 100,
  /** Most doublings: 51.2 s. */
  doublings: 9,
  /** Before it tries again to get a slot for a turn. */
  busy: 10,
  /**
   * How often it tries before it goes ahead: turns are limited for the machine's sake, not for safety. A power of two.
   */
  busyTries: 512,
  /** After SIGALRM. */
  alarm: 3000,
} as const;

/** Flag bits of a waiter: why its poll(2) ends after a pause. */
export const HOLD = 1, ALARM = 2;

/** The frame of a waiter on its stack: END_RECORD, and the pause of poll(2). */
export const FRAME = { record: 0, pause: END_RECORD.bytes, bytes: 192 } as const;

/** The message of sd_watchdog_enabled(3) programs, and of shells: the newline may be missing. */
export const PING = "WATCHDOG=1\n";

/**
 * In the frame, in place of the record of an end: what recvmsg(2) writes. SCM_CREDENTIALS, always the first, fills its
 * space: descriptors sent along are not accepted. Then the text, with room to detect that it is longer; on arm64 then
 * struct msghdr and iovec.
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

/**
 * A turn's signal mask, in place of a waiter's: only USR1 stays blocked, since a turn that stays reads it from a
 * signalfd.
 */
export const TURN_MASK = 1 << 9;

export type AssembledSyscall = keyof typeof ASSEMBLED_SYSCALLS;

export function assembledNumber(name: AssembledSyscall, arm: boolean): number {
  return ASSEMBLED_SYSCALLS[name][arm ? 1 : 0];
}
