import { debug } from "../../base/diagnostics.ts";
import { ImpError } from "../../base/errors.ts";
import { readLink } from "../../libc/descriptors/files.ts";
import { isLogWatched } from "../../logs/book.ts";
import { ensureWatch, watchAlivePath } from "../../logs/watch/watch_lock.ts";
import { isHealthTold } from "../health/told_health.ts";
import { handOverTerminal } from "./turn_terminal.ts";
import { identityOf, isRunning, type ProcessIdentity } from "../../termination/identity.ts";
import type { KeptPlace } from "../home.ts";
import type { KeeperPage } from "../waiter/keeper_page.ts";
import { MOST_WATCHED, WAITER_FD } from "../waiter/page_layout.ts";
import { waiterEnvironment } from "../waiter/raise.ts";

/** Started by this turn, which looks again before it may have taken its lock. */
let begun: ProcessIdentity | undefined;

/**
 * In a turn: ensures that the process that reads pipes and watches sizes runs, and that the keeper learns of its end.
 * If it cannot be started, the daemon has not failed: output waits in the pipe.
 */
export function ensureLogWatch(
  { home, directory }: Pick<KeptPlace, "home" | "directory">,
  page: KeeperPage,
): void {
  if (!isLogWatched(directory) && !isHealthTold(directory)) return;
  let isNew = false;
  try {
    // In the keeper's session, so that it is not part of the daemon.
    if (!begun || !isRunning(begun)) {
      const pid = ensureWatch(home, { environment: waiterEnvironment(), newSession: false });
      begun = pid === undefined ? undefined : identityOf(pid);
      isNew = pid !== undefined;
    }
  } catch (error) {
    if (!(error instanceof ImpError)) throw error;
    debug("keeper", error.message);
  }
  handOverTerminal(home, directory, isNew);
  for (let i = 0; i < MOST_WATCHED; i++) {
    const path = readLink(`/proc/self/fd/${WAITER_FD.watched + i}`);
    if (path === watchAlivePath(home) && !page.isWatched(i)) page.watchAgain(i);
  }
}
