import { SIGCONT, SIGSTOP } from "../libc/abi.ts";
import { debug } from "../base/diagnostics.ts";
import { stopSelf } from "../libc/processes/stop_self.ts";
import type { JobTerminal } from "./job_terminal.ts";
import type { Kin, Scope } from "../termination/scope.ts";
import { listTree } from "../termination/look.ts";
import { signalTree } from "../termination/signal_tree.ts";

/** Who has not stopped by then is in an uninterruptible sleep, and stops when that is over. */
const MOST_ROUNDS = 50;

/**
 * What Ctrl-Z means for processes that are in other groups than the one that the terminal knows: stops every process of
 * the tree, then imp itself. Returns when imp has been continued, and has continued them; whoever was stopped before stays
 * so. SIGSTOP and not SIGTSTP, because jobs that ignore or catch the latter would run on behind a stopped imp.
 * @param terminal where the job that runs has it
 */
export function suspendTree(scope: Scope, terminal?: JobTerminal): void {
  const before = listTree(scope)
    // Ctrl-Z has reached the one that has the terminal, and imp because of that.
    .filter((kin) => isStopped(kin) && kin.pgid !== terminal?.group)
    .map(({ pid }) => pid);
  for (let round = 0; round < MOST_ROUNDS && !listTree(scope).every(isStopped); round++) {
    signalTree(scope, SIGSTOP);
  }
  debug("pool", "stopped with everybody below");
  terminal?.hold();
  // A key of the terminal does not reach imp's own group while a job's is the foreground one.
  stopSelf(terminal !== undefined);
  terminal?.goOn();
  signalTree({ ...scope, except: [...scope.except ?? [], ...before] }, SIGCONT);
}

function isStopped({ state }: Kin): boolean {
  return state === "T" || state === "t";
}
