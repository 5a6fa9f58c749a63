import { runtime } from "../runtime/mod.ts";
import { isRunning, type ProcessIdentity } from "./identity.ts";

const PAUSE_MS = 3;
/** If there are more, only the first ones are watched. */
const MOST = 16;

/**
 * Waits until a time, or until one of these processes ends: before that, a look at all of /proc shows nothing new and
 * costs a hundred times as much.
 * @param until on the clock of runtime.now()
 * @param isOff checked each time
 */
export async function restWhileAll(
  processes: readonly ProcessIdentity[],
  until: number,
  isOff: () => boolean = () => false,
): Promise<void> {
  const some = processes.slice(0, MOST);
  while (!isOff() && some.every(isRunning)) {
    const left = until - runtime.now();
    if (left <= 0) return;
    await runtime.sleep(Math.min(PAUSE_MS, left));
  }
}
