import { SIGTERM } from "../../libc/abi.ts";
import { runtime } from "../../runtime/mod.ts";
import { signalProcess } from "../../termination/identity.ts";
import type { KeptPlace } from "../home.ts";
import { observeKept } from "../observe/observe.ts";
import type { FoundWaiters, ObservedDaemon } from "../observe/observed.ts";

const FIRST_PAUSE_MS = 20, LONGEST_PAUSE_MS = 500;

/**
 * Has a daemon stopped whose machine is going down, by its keeper, with its own schedule; what is wanted of it stays as it is, so that the
 * next boot starts it again. Returns when nothing of it runs; who asks for it says how long that may take.
 * @returns whether there was something to stop, and it has ended
 */
export async function shutDownKept(
  place: KeptPlace,
  isInterrupted: () => boolean,
): Promise<boolean> {
  const { acting, program, settings } = observeKept(place);
  if (acting) signalProcess(acting, SIGTERM);
  // Nobody keeps it: then its first signal is all that it gets from imp.
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

/** Whose keepers no record names was asked once. */
function unsearched(): FoundWaiters {
  return {};
}

function isThere({ acting, program }: ObservedDaemon): boolean {
  return acting !== undefined || program !== undefined;
}
