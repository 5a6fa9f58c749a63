import { dirname } from "@std/path/dirname";
import { abandonPidfile, claimPidfile, settlePidfile } from "./pidfile.ts";
import type { Prepared } from "./plan.ts";
import { makeRuntimeDirectory } from "./runtime_directory.ts";

/**
 * Starts a daemon that holds the lock of its pidfile for its life: the locked descriptor is handed down to it, so the
 * kernel releases the lock when the daemon, and whatever inherited the descriptor from it, is gone.
 * @param check throws when a wait for another start is to end
 * @param start starts and reports it; throws when nothing of it runs
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

/** The lowest descriptor above 2 that the daemon neither keeps from its caller nor says by that it is ready. */
function lowestFree({ settings }: Prepared): number {
  const given = settings.wait?.ready.flatMap((rule) => rule.kind === "fd" ? [rule.fd] : []) ?? [];
  let fd = 3;
  while (settings.keep.includes(fd) || given.includes(fd)) fd++;
  return fd;
}
