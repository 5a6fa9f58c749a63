import type { LoopLedger } from "../../pool/loop.ts";
import type { Kin } from "../../termination/scope.ts";

/** More of the same would tell nobody anything. */
const MOST = 20;

/** What a worker has to tell the client's user, in place of the account that the client keeps. */
export class WorkerNotes implements LoopLedger {
  readonly cannotRecord = false;
  private readonly told = new Set<string>();

  constructor(private readonly note: (text: string) => void) {}

  refused(who: string, pid: number): void {
    this.once(`${who} (pid ${pid}): daemonic processes are not allowed to have children`);
  }

  wantsTerminal(who: string, pid: number): void {
    this.once(`${who} (pid ${pid}) is stopped: it wants a terminal, and has none`);
  }

  survivors(left: readonly Kin[]): void {
    for (const { pid, comm } of left) this.once(`cannot end process ${pid} (${comm})`);
  }

  private once(text: string): void {
    if (this.told.has(text) || this.told.size >= MOST) return;
    this.told.add(text);
    this.note(text);
  }
}
