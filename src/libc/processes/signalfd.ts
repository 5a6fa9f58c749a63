import { SIGNALFD_SIGINFO } from "../structs.ts";
import { FLOOR } from "../descriptors/reserved.ts";
import {
  EINTR,
  O_CLOEXEC,
  O_NONBLOCK,
  POLLIN,
  SI_KERNEL,
  SIG_SETMASK,
  SIGKILL,
  SIGRTMAX,
  SIGRTMIN,
  SIGSTOP,
} from "../abi.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { errno, systemError } from "../calling/errno.ts";
import { moveUp } from "../descriptors/files.ts";
import { pollOne } from "../descriptors/poll_one.ts";
import { libc } from "../calling/load.ts";
import { allocate, type Block } from "../calling/memory.ts";
import { libcKeepsFirst } from "./dispositions.ts";
import { setSignalMask, signalSet } from "./signals.ts";

const c = libc("signalfd", "sigprocmask", "read");

/** A signal read from signalfd(2). */
export interface ReceivedSignal {
  readonly number: number;
  /** Sent by the kernel itself, as for a key on the terminal, not by a process. */
  readonly byKernel: boolean;
}

/** How many are read at a time. */
const AT_ONCE = 64;

let infos: Block | undefined;

/** Every signal that can be blocked, except `except` and those that libc reserves. */
export function blockableSignals(except: readonly number[]): number[] {
  const never = new Set([SIGKILL, SIGSTOP, ...except]);
  const first = libcKeepsFirst() ? SIGRTMIN + 1 : SIGRTMIN;
  return Array.from({ length: SIGRTMAX }, (_, i) => i + 1)
    .filter((n) => !never.has(n) && (n < 32 || n >= first));
}

/** Blocks the signals in the calling thread, and in what it executes or starts later. */
export function blockSignals(numbers: readonly number[]): void {
  setSignalMask(signalSet(numbers));
}

/** Whether the calling thread has all of them blocked. */
export function areBlocked(numbers: readonly number[]): boolean {
  const mask = allocate(128);
  c.sigprocmask(SIG_SETMASK, 0, mask.address);
  return numbers.every((n) => mask.bytes[(n - 1) >> 3] & (1 << ((n - 1) & 7)));
}

/**
 * A descriptor that becomes readable when one of the signals arrives. Every thread of the process must have them
 * blocked: any other thread would take the signal itself.
 * @param blocking whether reading waits
 */
export function openSignalfd(numbers: readonly number[], blocking = false): number {
  const flags = O_CLOEXEC | (blocking ? 0 : O_NONBLOCK);
  const fd = c.signalfd(-1, signalSet(numbers).address, flags);
  if (fd < 0) throw systemError(errno(), "open", "a signalfd", { exit: EXIT.failed });
  // If the caller closed any of 0-2, it would be mistaken for one of them.
  return moveUp(fd, FLOOR.standard);
}

/**
 * Sleeps until the descriptor is readable.
 * @param ms at most this long; Infinity: no limit
 * @returns false on timeout
 */
export function waitReadable(fd: number, ms: number): boolean {
  for (;;) {
    const ready = pollOne(fd, POLLIN, ms);
    if (ready >= 0) return ready > 0;
    // A process that is continued gets EINTR too: signal(7). What it waits for may have come meanwhile.
    if (ready === -EINTR) return true;
  }
}

/** The pending signals, lowest number first within one read. */
export function readSignals(fd: number): ReceivedSignal[] {
  infos ??= allocate(AT_ONCE * SIGNALFD_SIGINFO.bytes);
  const n = c.read(fd, infos.address, AT_ONCE * SIGNALFD_SIGINFO.bytes);
  const received: ReceivedSignal[] = [];
  for (let at = 0; at + SIGNALFD_SIGINFO.bytes <= n; at += SIGNALFD_SIGINFO.bytes) {
    received.push({
      number: infos.view.getUint32(at + SIGNALFD_SIGINFO.ssi_signo, true),
      byKernel: infos.view.getInt32(at + SIGNALFD_SIGINFO.ssi_code, true) === SI_KERNEL,
    });
  }
  return received;
}
