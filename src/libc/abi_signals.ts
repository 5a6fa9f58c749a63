/** Numbers of signal.h that are rarely needed, and groups of signals. */
import { SIGSEGV, SIGSTKFLT } from "./abi.ts";

const SIGILL = 4;
const SIGTRAP = 5;
const SIGABRT = 6;
const SIGBUS = 7;
const SIGFPE = 8;
const SIGSYS = 31;

/**
 * Signals that the kernel sends to a process for what it has done itself. Blocked or not, they end the process; the
 * runtime has handlers for some.
 */
export const FAULT_SIGNALS: readonly number[] = [
  ...[SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS],
];

/**
 * The signal that the JavaScript engine reserves for suspending its own threads, and unblocks in them
 * (scripts/signals.ts). By default this is SIGPWR, which container managers send; nothing on Linux sends SIGSTKFLT,
 * signal(7).
 */
export const ENGINE_SIGNAL = SIGSTKFLT;
