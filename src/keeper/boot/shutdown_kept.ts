import { SIGTERM } from "../../libc/abi.ts";
import { runtime } from "../../runtime/mod.ts";
import { signalProcess } from "../../termination/identity.ts";
import type { KeptPlace } from "../home.ts";
import { observeKept } from "../observe/observe.ts";
import type { FoundWaiters, ObservedDaemon } from "../observe/observed.ts";

const FIRST_PAUSE_MS = 20, LONGEST_PAUSE_MS = 500;

/**
 * Has a daemon's keeper stop it at shutdown, by its own schedule; its intent is unchanged, so the next boot starts it
 * again. Returns when nothing of it runs; the caller limits the time.
 * @returns whether there was something to stop, and it has ended
 */
export async function shutDownKept(
  place: KeptPlace,
  isInterrupted: () => boolean,
): Promise<boolean> {
  const { acting, program, settings } = observeKept(place);
  if (acting) signalProcess(acting, SIGTERM);
  // Nobody keeps it: then imp only sends its first signal.
  else if (program) signalProcess(program, settings?.stop[0]?.signal ?? SIGTERM);
  else return false;
  for (let pause = FIRST_PAUSE_MS;; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    if (isInterrupted()) return false;
    await runtime.sleep(pause);
    if (!isThere(observeKept(place, undefined, unsearched))) return true;
  }
}

/** Waits until a daemon has ended by itself, or is not going to. */
export async function awaitEnd(place: KeptPlace, isInterrupted: () => boolean): Promise<void> {
  for (let pause = FIRST_PAUSE_MS;; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    const { phase } = observeKept(place, undefined, unsearched);
    if (!["starting", "running", "stopping", "waiting", "ended"].includes(phase)) return;
    if (isInterrupted()) return;
    await runtime.sleep(pause);
  }
}

/** Keepers that no record names were searched for once. */
function unsearched(): FoundWaiters {
  return {};
}

function isThere({ acting, program }: ObservedDaemon): boolean {
  return acting !== undefined || program !== undefined;
}
