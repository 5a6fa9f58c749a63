import { dirname } from "@std/path/dirname";
import { abandonPidfile, claimPidfile, settlePidfile } from "./pidfile.ts";
import type { Prepared } from "./plan.ts";
import { makeRuntimeDirectory } from "./runtime_directory.ts";

/**
 * Starts a daemon that holds the lock of its pidfile as long as it runs: it inherits the locked descriptor, so the
 * kernel releases the lock when the daemon, and whatever inherited the descriptor from it, is gone.
 * @param check throws to end a wait for another start
 * @param start starts the daemon and reports it; throws if nothing of it runs
 */
export async function startWithPidfile(
  prepared: Prepared,
  path: string,
  check: () => void,
  start: (prepared: Prepared) => Promise<void>,
): Promise<void> {
  if (prepared.settings.ownPidDirectory) makeRuntimeDirectory(dirname(path));
  const claimed = claimPidfile(path, prepared, check);
  try {
    const lock = [claimed.lock.fd, lowestFree(prepared)] as const;
    await start({
      ...prepared,
      descriptors: [...prepared.descriptors, lock],
      record: claimed.record,
    });
  } catch (error) {
    abandonPidfile(claimed);
    throw error;
  }
  settlePidfile(claimed);
}

/** The lowest descriptor above 2 that the daemon neither keeps from its caller nor uses to report readiness. */
function lowestFree({ settings }: Prepared): number {
  const given = settings.wait?.ready.flatMap((rule) => rule.kind === "fd" ? [rule.fd] : []) ?? [];
  let fd = 3;
  while (settings.keep.includes(fd) || given.includes(fd)) fd++;
  return fd;
}
