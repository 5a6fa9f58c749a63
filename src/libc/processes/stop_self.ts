import { SIGACTION } from "../structs.ts";
import { SIGTSTP } from "../abi.ts";
import { groupOf } from "./job_control.ts";
import { ownPid } from "./process.ts";
import { libc } from "../calling/load.ts";
import { allocate, scratch } from "../calling/memory.ts";
import { sendSignal } from "./signals.ts";

const c = libc("sigaction");

/**
 * Stops this process as Ctrl-Z stops one that does not catch SIGTSTP, and returns when somebody has continued it. Where
 * nobody could, because its process group is orphaned, the kernel does not stop it: setpgid(2), credentials(7).
 * @param whole with its process group: a shell takes a job for stopped when nobody of it runs
 */
export function stopSelf(whole: boolean): void {
  scratch(() => {
    const byDefault = allocate(SIGACTION.bytes).address;
    const handler = allocate(SIGACTION.bytes).address;
    c.sigaction(SIGTSTP, byDefault, handler);
    sendSignal(whole ? -groupOf(0) : ownPid(), SIGTSTP);
    c.sigaction(SIGTSTP, handler, 0);
  });
}
