import { ENGINE_SIGNAL, FAULT_SIGNALS } from "../../libc/abi_signals.ts";
import { SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU } from "../../libc/abi.ts";
import { blockableSignals } from "../../libc/processes/signalfd.ts";

/** A process without a terminal receives these only if someone sends them on purpose. */
const JOB_CONTROL = [SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU];

/** The signals that a waiter blocks from its first instant. */
export function waiterMask(): number[] {
  return blockableSignals([ENGINE_SIGNAL, ...FAULT_SIGNALS, ...JOB_CONTROL]);
}
