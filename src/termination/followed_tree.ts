import type { ProcessIdentity } from "./identity.ts";
import { ownPid } from "../libc/processes/process.ts";
import { type Look, membersOf, type Scope } from "./scope.ts";

/**
 * A tree in which whoever has been seen once stays, with all that it starts from then on, although its parent may have ended
 * by the next look.
 */
export class FollowedTree {
  /** By PID. */
  private readonly members = new Map<number, ProcessIdentity>();

  /** @param find who belongs to it, of the processes that a look at /proc has just shown */
  constructor(private readonly find: (processes: Look) => Scope) {}

  readonly scope = (processes: Look): Scope => {
    const found = this.find(processes);
    for (const [pid, { startTicks }] of this.members) {
      // Its PID may be another one's by now.
      if (processes.get(pid)?.startTicks !== startTicks) this.members.delete(pid);
    }
    const roots = [...found.roots ?? [], ...this.members.values()];
    for (const { pid, startTicks } of membersOf({ ...found, roots }, processes, ownPid())) {
      this.members.set(pid, { pid, startTicks });
    }
    return { ...found, roots: [...found.roots ?? [], ...this.members.values()] };
  };
}
