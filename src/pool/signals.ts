import { callersIgnoredSignals } from "../libc/processes/dispositions.ts";
import { ignoreSignal, signalNumber } from "../libc/processes/signals.ts";
import { runtime } from "../runtime/mod.ts";
import { SIGCONT, SIGSTOP } from "../libc/abi.ts";
import { debug } from "../base/diagnostics.ts";
import { stopSelf } from "../libc/processes/process.ts";
import type { JobTerminal } from "./process/job_terminal.ts";
import type { Kin, Scope } from "../termination/scope.ts";
import { listTree } from "../termination/look.ts";
import { signalTree } from "../termination/signal_tree.ts";

/** The signals that end the pool, change the number of jobs, or suspend it. */
export const SIGNALS: readonly string[] = ["INT", "TERM", "HUP", "QUIT", "USR1", "USR2", "TSTP"];

/** Collects signals until the pool's loop handles them. */
export class SignalInbox {
  private readonly arrived: string[] = [];
  private readonly restore: (() => void)[];

  /** @param names without SIG; what the caller ignores stays ignored, as under nohup(1) */
  constructor(names: readonly string[]) {
    // Not those that the runtime itself ignores: set again, they would look like the caller's.
    const ignored = callersIgnoredSignals();
    this.restore = names.filter((name) => !ignored.includes(signalNumber(name)!)).map((name) =>
      runtime.onSignal(`SIG${name}`, () => this.arrived.push(name))
    );
    // The first listener makes Deno catch some more, such as SIGHUP.
    for (const number of ignored) ignoreSignal(number);
  }

  take(): string | undefined {
    return this.arrived.shift();
  }

  /** Restores the signals' previous effect. */
  release(): void {
    for (const restore of this.restore) restore();
  }
}

/** A process not stopped by then is in an uninterruptible sleep, and stops when that ends. */
const MOST_ROUNDS = 50;

/**
 * Ctrl-Z for processes in other groups than the terminal's foreground: stops every process of the tree, then imp
 * itself. Returns when imp has been continued and has continued them; those stopped before stay so. SIGSTOP rather than
 * SIGTSTP, because jobs that ignore or catch the latter would run on behind a stopped imp.
 * @param terminal where the running job has it
 */
export function suspendTree(scope: Scope, terminal?: JobTerminal): void {
  const before = listTree(scope)
    // Ctrl-Z has reached the job in the foreground, and imp because of that.
    .filter((kin) => isStopped(kin) && kin.pgid !== terminal?.group)
    .map(({ pid }) => pid);
  for (let round = 0; round < MOST_ROUNDS && !listTree(scope).every(isStopped); round++) {
    signalTree(scope, SIGSTOP);
  }
  debug("pool", "stopped with everybody below");
  terminal?.hold();
  // The terminal's keys do not reach imp's own group while a job's is in the foreground.
  stopSelf(terminal !== undefined);
  terminal?.goOn();
  signalTree({ ...scope, except: [...scope.except ?? [], ...before] }, SIGCONT);
}

function isStopped({ state }: Kin): boolean {
  return state === "T" || state === "t";
}
