import { SIGKILL } from "../libc/abi.ts";
import { libc } from "../libc/calling/load.ts";
import { ownPid } from "../libc/processes/process.ts";
import { readStat } from "../procfs/stat.ts";
import { signalByNumber } from "../termination/identity.ts";
import type { Scope } from "../termination/scope.ts";
import { Termination, untilOver } from "../termination/termination.ts";

/** Ends a daemon started a moment ago that must not stay, with everything in its session. */
export function endSession(pid: number): void {
  const daemon = readStat(pid);
  if (!daemon) return void signalByNumber(pid, SIGKILL);
  const scope = { roots: [daemon], sessions: [daemon.sid] };
  end(scope);
}

/** Ends everything below this process, which is a subreaper, except children that it had before. */
export function endAllBelow(except: readonly number[]): void {
  end({ below: [ownPid()], except });
}

function end(scope: Scope): void {
  const termination = new Termination(scope, { steps: [] });
  for (const pause of untilOver(termination)) libc("poll").poll(0, 0, pause);
}
