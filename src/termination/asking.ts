import { SIGCONT, SIGKILL, SIGTERM } from "../libc/abi.ts";
import { ownPid } from "../libc/processes/process.ts";
import { snapshot } from "../procfs/processes.ts";
import { type Kin, membersOf, type Scope } from "./scope.ts";
import { type Look, type Reach, signalMembers } from "./signal_tree.ts";

/**
 * Asks the processes of a tree to end, each of them once. A process that is forked while the others are signalled has not
 * heard of it, so one has to ask again, as long as there are any.
 */
export class Asking {
  private readonly asked = new Map<number, Kin>();

  /** @param signal what asks them; SIGTERM when left out */
  constructor(
    private readonly scope: Scope | ((processes: Look) => Scope),
    private readonly signal: number = SIGTERM,
  ) {}

  /**
   * Asks those who have not been asked yet. Children of one who has are left alone while that one lives: it may have
   * started them in order to end well.
   * @param processes what a look at /proc has just shown
   * @returns whom this time's signal reached
   * @throws ImpError where /proc cannot be listed
   */
  ask(processes: Look = snapshot()): Reach {
    for (const before of this.asked.values()) {
      if (!stillAsked(before, processes.get(before.pid))) this.asked.delete(before.pid);
    }
    const scope = typeof this.scope === "function" ? this.scope(processes) : this.scope;
    const except = [...scope.except ?? [], ...this.asked.keys()];
    const members = membersOf({ ...scope, except }, processes, ownPid());
    for (const kin of members) this.asked.set(kin.pid, kin);
    const reach = signalMembers(members, processes, this.signal);
    // A stopped process acts on nothing but SIGKILL until it is continued.
    if (this.signal !== SIGKILL) signalMembers(members, processes, SIGCONT);
    return reach;
  }
}

/** One that has moved to another group may have done so before its old group was signalled. */
function stillAsked(before: Kin, now: Kin | undefined): boolean {
  return now?.startTicks === before.startTicks && now.pgid === before.pgid;
}
