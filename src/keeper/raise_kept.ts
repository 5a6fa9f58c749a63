import { nap } from "../daemon/lock_holders.ts";
import { SIGUSR1 } from "../libc/abi.ts";
import { closeFile } from "../libc/descriptors/files.ts";
import { openForKeeper } from "../logs/kept_pipes.ts";
import { runtime } from "../runtime/mod.ts";
import { signalProcess } from "../termination/identity.ts";
import { findWaiters } from "./find_waiters.ts";
import type { KeptPlace } from "./home.ts";
import { readKeeperPage } from "./keeper_page.ts";
import { openKeptNotify } from "./notify.ts";
import { usesNotify } from "./notifications.ts";
import { raiseKeeper } from "./raise.ts";
import type { KeptSettings } from "./records/kept_settings.ts";

/** Waiters that were told to leave need less than a millisecond; on a busy machine, ms. */
const LEAVING_MS = 1000;
const PAUSE_MS = 2;

/**
 * Has somebody keep a daemon that does not run: under the lock of its name, when the intent is written. Waiters that live although no
 * record names them are told of it, and no others are started beside them.
 * @throws ImpError
 */
export function raiseKept({ home, directory }: KeptPlace, settings: KeptSettings): void {
  if (hasWaiters(directory)) return;
  const watched: number[] = [];
  try {
    if (usesNotify(settings)) watched.push(openKeptNotify());
    watched.push(...openForKeeper(home, { directory, log: settings.log }));
    raiseKeeper({ home, directory }, { waiter: settings.waiter, watched });
  } finally {
    for (const fd of watched) closeFile(fd);
  }
}

/** Those that leave have been told so by a turn that held the lock: they are gone in a moment. */
function hasWaiters(directory: string): boolean {
  for (const deadline = runtime.now() + LEAVING_MS;; nap(PAUSE_MS)) {
    const { keeper, guard } = findWaiters(directory);
    const acting = keeper ?? guard;
    if (!acting) return false;
    const busy = (readKeeperPage(acting.pid)?.turn ?? 0) !== 0;
    if (!busy && runtime.now() < deadline) continue;
    signalProcess(acting, SIGUSR1);
    return true;
  }
}
