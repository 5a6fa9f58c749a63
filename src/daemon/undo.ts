import { SIGKILL } from "../libc/abi.ts";
import { ownPid } from "../libc/processes/process.ts";
import { readStat } from "../procfs/stat.ts";
import { signalByNumber } from "../termination/identity.ts";
import type { Scope } from "../termination/scope.ts";
import { endBlocking, Termination } from "../termination/termination.ts";

/** Ends a daemon started a moment ago that must not stay, with everything in its session. */
export function endSession(pid: number): void {
  const daemon = readStat(pid);
  if (!daemon) return void signalByNumber(pid, SIGKILL);
  // It need not lead its session.
  end({ roots: [daemon], sessions: [daemon.sid] });
}

/** Ends everything below this process, which is a subreaper, except children that it had before. */
export function endAllBelow(except: readonly number[]): void {
  end({ below: [ownPid()], except });
}

function end(scope: Scope): void {
  endBlocking(new Termination(scope, { steps: [] }));
}
