import { snapshot } from "../procfs/processes.ts";
import { runtime } from "../runtime/mod.ts";
import type { Look } from "./scope.ts";

interface Waiting {
  readonly due: number;
  readonly resolve: (processes: Look) => void;
  readonly reject: (error: unknown) => void;
}

/** Looks due within this time share one. */
const TOGETHER_MS = 4;

/** Shares looks at /proc among many waiters: one look for all that are due. */
export class SharedLooks {
  private waiting: Waiting[] = [];
  private busy = false;

  /** A look that begins after this call, at `due` (on the clock of runtime.now()) or as soon as possible after it. */
  at(due: number): Promise<Look> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ due, resolve, reject });
      if (!this.busy) void this.serve();
    });
  }

  private async serve(): Promise<void> {
    this.busy = true;
    while (this.waiting.length > 0) {
      const next = this.waiting.reduce((least, { due }) => Math.min(least, due), Infinity);
      // A waiter that wants to look sooner may arrive meanwhile.
      await runtime.sleep(Math.min(TOGETHER_MS, Math.max(0, Math.ceil(next - runtime.now()))));
      if (next > runtime.now()) continue;
      const limit = runtime.now() + TOGETHER_MS;
      const served = this.waiting.filter(({ due }) => due <= limit);
      this.waiting = this.waiting.filter(({ due }) => due > limit);
      try {
        const processes = snapshot();
        for (const { resolve } of served) resolve(processes);
      } catch (error) {
        for (const { reject } of served) reject(error);
      }
    }
    this.busy = false;
  }
}
