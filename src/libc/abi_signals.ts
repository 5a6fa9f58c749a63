/** What is needed of signal.h besides what is in abi.ts, and signals that have something in common. */
import { SIGSEGV, SIGSTKFLT } from "./abi.ts";

const SIGILL = 4;
const SIGTRAP = 5;
const SIGABRT = 6;
const SIGBUS = 7;
const SIGFPE = 8;
const SIGSYS = 31;

/**
 * What the kernel sends a process for what that has done itself. Blocked or not, the process ends by them; the runtime has
 * handlers for some.
 */
export const FAULT_SIGNALS: readonly number[] = [
  ...[SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS],
];

/**
 * The signal that the JavaScript engine keeps for suspending its own threads, and unblocks in them (scripts/signals.ts). By
 * default it takes SIGPWR, which container managers send; nothing on Linux sends SIGSTKFLT, signal(7).
 */
export const ENGINE_SIGNAL = SIGSTKFLT;
