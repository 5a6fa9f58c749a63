import { abandonPidfile, claimPidfile, recordPid } from "./pidfile.ts";
import type { Prepared } from "./plan.ts";
import { makeRuntimeDirectory } from "./runtime_directory.ts";
import type { Daemon } from "./settings.ts";
import { start } from "./start.ts";
import { endSession } from "./undo.ts";

/**
 * Starts a daemon that holds the lock on its pidfile for its life: the descriptor of the locked file is handed down to
 * it, so the kernel releases the lock when the daemon, and whatever inherited the descriptor from it, is gone.
 */
export async function startWithPidfile(
  prepared: Prepared,
  path: string,
  tell: (daemon: Daemon) => Promise<void>,
): Promise<void> {
  if (prepared.settings.ownPidDirectory) makeRuntimeDirectory(path.slice(0, path.lastIndexOf("/")));
  const claimed = claimPidfile(path);
  try {
    const daemon = await start({
      ...prepared,
      descriptors: [...prepared.descriptors, [claimed.lock, lowestFree(prepared)]],
    });
    recordOrEnd(daemon, () => recordPid(claimed, daemon.pid));
    await tell(daemon);
  } catch (error) {
    abandonPidfile(claimed);
    throw error;
  }
}

/** The lowest descriptor above 2 that the daemon does not keep from its caller. */
function lowestFree({ settings }: Prepared): number {
  let fd = 3;
  while (settings.keep.includes(fd)) fd++;
  return fd;
}

function recordOrEnd(daemon: Daemon, record: () => void): void {
  try {
    record();
  } catch (error) {
    endSession(daemon.pid);
    throw error;
  }
}
