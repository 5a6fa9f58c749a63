import { EINTR, WCONTINUED, WNOHANG, WUNTRACED } from "../abi.ts";
import { errno } from "../calling/errno.ts";
import { libc } from "../calling/load.ts";
import { allocate, type Block } from "../calling/memory.ts";
import { type Ending, endingOf } from "./wait.ts";

const c = libc("waitpid");

/** What a child has done, wait(2). */
export type Change =
  | { readonly what: "ended"; readonly ending: Ending }
  | { readonly what: "stopped"; readonly signal: number }
  | { readonly what: "continued" };

const CONTINUED = 0xffff;
const STOPPED = 0x7f;

let status: Block | undefined;

/**
 * Takes all changes of children that there are now, without waiting; children that have ended are reaped by it. Nothing
 * is allocated for a child, so that a storm of orphans leaves the memory as it was.
 * @returns false when no child is left. With a subreaper, or PID 1, that says that no descendant is left either, because
 * every orphan becomes its child
 */
export function takeChanges(visit: (pid: number, status: number) => void): boolean {
  status ??= allocate(4);
  for (;;) {
    const pid = c.waitpid(-1, status.address, WNOHANG | WUNTRACED | WCONTINUED);
    if (pid > 0) visit(pid, status.view.getInt32(0, true));
    else if (pid === 0) return true;
    else if (errno() !== EINTR) return false;
  }
}

/** Takes a wait status apart. */
export function changeOf(status: number): Change {
  if (status === CONTINUED) return { what: "continued" };
  if ((status & 0xff) === STOPPED) return { what: "stopped", signal: (status >> 8) & 0xff };
  return { what: "ended", ending: endingOf(status) };
}
