import { SIGCONT, SIGTERM } from "../libc/abi.ts";
import { ImpError } from "../base/errors.ts";
import { Asking } from "../termination/asking.ts";
import type { Scope } from "../termination/scope.ts";
import { listTree, procShowsUs, signalTree } from "../termination/signal_tree.ts";
import { isInit, ownPid } from "../libc/processes/process.ts";
import { sendSignal } from "../libc/processes/signals.ts";
import { readCmdline } from "../procfs/cmdline.ts";
import { Unreadable } from "../procfs/read.ts";

/** A process that outlived the program. */
export interface Leak {
  readonly pid: number;
  /** Its command line, or its short name where that cannot be read. */
  readonly words: readonly string[];
}

/** What is left when the program has ended: all descendants of this process, since it adopts every orphan. */
export class LeftBehind {
  private readonly scope: Scope = { below: [ownPid()] };
  private readonly asking = new Asking(this.scope);
  private askedOnce = false;
  /** All that are left belong to other users: nobody here may signal them. */
  unreachable = false;

  /** @param program its group is all that can be reached where /proc does not tell */
  constructor(private readonly program: number) {}

  /** Asks to end whoever has not been asked yet. */
  ask(): void {
    if (!isInit() && procShowsUs()) this.asking.ask();
    else if (!this.askedOnce) {
      // To all of them at one instant: nothing can be forked past it.
      this.signal(SIGTERM);
      // A stopped process acts on nothing but SIGKILL until it is continued.
      this.signal(SIGCONT);
    }
    this.askedOnce = true;
  }

  signal(number: number): void {
    // PID 1 has nobody beside it, and this reaches all others at one instant: kill(2).
    if (isInit()) send(-1, number);
    else if (procShowsUs()) {
      const { reached, refused } = signalTree(this.scope, number);
      this.unreachable = reached.length === 0 && refused.length > 0;
    } else send(-this.program, number);
  }

  /** Nothing where /proc does not tell. */
  list(): Leak[] {
    if (!procShowsUs()) return [];
    return listTree(this.scope).map(({ pid, comm }) => {
      const words = readCmdline(pid);
      return { pid, words: words instanceof Unreadable || words.length === 0 ? [comm] : words };
    });
  }
}

function send(pid: number, number: number): void {
  try {
    sendSignal(pid, number);
  } catch (error) {
    // EPERM: another user's. Those are named when the time is over.
    if (!(error instanceof ImpError)) throw error;
  }
}
