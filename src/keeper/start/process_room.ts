import { EXIT } from "../../base/exit_codes.ts";
import { EAGAIN } from "../../libc/abi.ts";
import { PROCESS_LIMIT_HINT, systemError } from "../../libc/calling/errno.ts";
import { libc } from "../../libc/calling/load.ts";
import { statPath } from "../../libc/descriptors/stat.ts";
import { snapshot } from "../../procfs/processes.ts";

/** Guard, keeper, imp with its threads, the program; and threads that this command may still start. */
const NEEDED = 12;

/**
 * If a low limit on processes is nearly reached, a start fails before anything is recorded: the runtime itself dies if
 * it cannot start a thread, whatever it was doing.
 * @param limit of this user's processes and threads
 * @throws ImpError
 */
export function refuseWithoutRoom(limit: number): void {
  const own = libc("geteuid").geteuid();
  let used = 0;
  for (const { pid, threads } of snapshot().values()) {
    const status = statPath(`/proc/${pid}`);
    if (typeof status !== "string" && status.uid === own) used += Math.max(1, threads);
  }
  if (limit - used >= NEEDED) return;
  throw systemError(EAGAIN, "start", "a keeper and a program", {
    why: `'ulimit -u' is ${limit}, ${used} are in use, and up to ${NEEDED} are needed`,
    hint: PROCESS_LIMIT_HINT,
    exit: EXIT.failed,
  });
}
