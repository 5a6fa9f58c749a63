import type { ImpError } from "../../base/errors.ts";
import type { Kin } from "../../termination/scope.ts";

/** More of the same would be useless. */
const MOST_ALIKE = 20;

/** Reports problems of processes while jobs run, each once. */
export class Notices {
  private readonly warned = new Set<string>();
  private readonly refusedTo = new Set<string>();
  /** PIDs that were reported as waiting for the terminal. */
  private readonly atTerminal = new Set<number>();

  /**
   * @param warn prints a message for the user
   * @param noTerminal the message about a process that waits for a terminal
   */
  constructor(
    private readonly warn: (text: string) => void,
    private readonly noTerminal: (pid: number) => string,
  ) {}

  /** @param then what happens now; reported only once */
  warnOnce(error: ImpError, then: string): void {
    if (!this.warned.has(then)) this.warn(`${error.message}; ${then}`);
    this.warned.add(then);
  }

  /** A job or worker, named `who`, tried to start a process. Reported once for each, up to a limit. */
  refused(who: string, pid: number): void {
    if (this.refusedTo.has(who) || this.refusedTo.size >= MOST_ALIKE) return;
    this.refusedTo.add(who);
    this.warn(`${who} (pid ${pid}): daemonic processes are not allowed to have children`);
    if (this.refusedTo.size === MOST_ALIKE) this.warn("further attempts are not reported");
  }

  /** A job or worker, named `who`, was stopped: otherwise nothing would show why it does not end. */
  wantsTerminal(who: string, pid: number): void {
    if (this.atTerminal.has(pid) || this.atTerminal.size >= MOST_ALIKE) return;
    this.atTerminal.add(pid);
    this.warn(`${who} (pid ${pid}) is stopped: ${this.noTerminal(pid)}`);
  }

  survivors(left: readonly Kin[]): void {
    for (const { pid, comm } of left) this.warn(`cannot end process ${pid} (${comm})`);
  }
}
