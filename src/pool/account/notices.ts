import type { ImpError } from "../../base/errors.ts";
import type { Kin } from "../../termination/scope.ts";

/** More of the same would tell nobody anything. */
const MOST_ALIKE = 20;

/** What is noticed of processes while jobs run, each said once. */
export class Notices {
  private readonly warned = new Set<string>();
  private readonly refusedTo = new Set<string>();
  /** PIDs of those that were told to want the terminal. */
  private readonly atTerminal = new Set<number>();

  /** @param warn tells the user something @param noTerminal of a process that waits for one */
  constructor(
    private readonly warn: (text: string) => void,
    private readonly noTerminal: (pid: number) => string,
  ) {}

  /** @param then what happens now; one that was told is not told again */
  warnOnce(error: ImpError, then: string): void {
    if (!this.warned.has(then)) this.warn(`${error.message}; ${then}`);
    this.warned.add(then);
  }

  /** A job or worker, named `who`, tried to start a process. Told once for each, and for some of them only. */
  refused(who: string, pid: number): void {
    if (this.refusedTo.has(who) || this.refusedTo.size >= MOST_ALIKE) return;
    this.refusedTo.add(who);
    this.warn(`${who} (pid ${pid}): daemonic processes are not allowed to have children`);
    if (this.refusedTo.size === MOST_ALIKE) this.warn("further attempts are not reported");
  }

  /** A job or worker, named `who`, was stopped: nobody would know why it does not end. */
  wantsTerminal(who: string, pid: number): void {
    if (this.atTerminal.has(pid) || this.atTerminal.size >= MOST_ALIKE) return;
    this.atTerminal.add(pid);
    this.warn(`${who} (pid ${pid}) is stopped: ${this.noTerminal(pid)}`);
  }

  survivors(left: readonly Kin[]): void {
    for (const { pid, comm } of left) this.warn(`cannot end process ${pid} (${comm})`);
  }
}
