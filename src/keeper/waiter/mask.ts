import { blockableSignals } from "../../libc/processes/signalfd.ts";

/** JavaScriptCore stops threads by it, as imp is built: scripts/signals.ts. */
const ENGINE_SIGNAL = 16;
/** ILL TRAP ABRT BUS FPE SEGV SYS: blocked or not, the kernel ends a process by them. */
const FAULTS = [4, 5, 6, 7, 8, 11, 31];
/** CONT TSTP TTIN TTOU: nothing is sent to a process without a terminal by them but what somebody means. */
const JOB_CONTROL = [18, 20, 21, 22];

/** The signals that a waiter has blocked from its first instant on. */
export function waiterMask(): number[] {
  return blockableSignals([ENGINE_SIGNAL, ...FAULTS, ...JOB_CONTROL]);
}
