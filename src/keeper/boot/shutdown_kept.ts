import { SIGTERM } from "../../libc/abi.ts";
import { runtime } from "../../runtime/mod.ts";
import { signalProcess } from "../../termination/identity.ts";
import type { KeptPlace } from "../home.ts";
import { observeKept } from "../observe/observe.ts";
import type { FoundWaiters, ObservedDaemon } from "../observe/observed.ts";

const FIRST_PAUSE_MS = 20, LONGEST_PAUSE_MS = 250;

/**
 * Has daemons stopped whose machine is going down, by their keepers, each with its own schedule; what is wanted of them stays as it is, so
 * that the next boot starts them again. Returns when nothing of them runs; who asks for it says how long that may take.
 * @param tell of each that has ended
 */
export async function shutDownKept(
  places: readonly KeptPlace[],
  isInterrupted: () => boolean,
  tell: (name: string) => void,
): Promise<void> {
  let left = places.filter((place) => {
    const { acting, program, settings } = observeKept(place);
    if (acting) signalProcess(acting, SIGTERM);
    // Nobody keeps it: then its first signal is all that it gets from imp.
    else if (program) signalProcess(program, settings?.stop[0]?.signal ?? SIGTERM);
    return acting !== undefined || program !== undefined;
  });
  for (let pause = FIRST_PAUSE_MS; left.length > 0; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    if (isInterrupted()) return;
    await runtime.sleep(pause);
    left = left.filter((place) => {
      if (isThere(observeKept(place, undefined, unsearched))) return true;
      tell(place.name);
      return false;
    });
  }
}

/** Whose keepers no record names was asked once. */
function unsearched(): FoundWaiters {
  return {};
}

function isThere({ acting, program }: ObservedDaemon): boolean {
  return acting !== undefined || program !== undefined;
}
