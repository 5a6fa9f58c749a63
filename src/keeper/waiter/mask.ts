import { ENGINE_SIGNAL, FAULT_SIGNALS } from "../../libc/abi_signals.ts";
import { SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU } from "../../libc/abi.ts";
import { blockableSignals } from "../../libc/processes/signalfd.ts";

/** Nothing is sent to a process without a terminal by them but what somebody means. */
const JOB_CONTROL = [SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU];

/** The signals that a waiter has blocked from its first instant on. */
export function waiterMask(): number[] {
  return blockableSignals([ENGINE_SIGNAL, ...FAULT_SIGNALS, ...JOB_CONTROL]);
}
