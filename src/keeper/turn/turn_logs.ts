import { debug } from "../../base/diagnostics.ts";
import { ImpError } from "../../base/errors.ts";
import { readLink } from "../../libc/descriptors/files.ts";
import { isLogWatched } from "../../logs/book.ts";
import { ensureWatch, watchAlivePath } from "../../logs/watch/watch_lock.ts";
import { isHealthTold } from "../health/told_health.ts";
import { handOverTerminal } from "./turn_terminal.ts";
import type { KeptPlace } from "../home.ts";
import type { KeeperPage } from "../waiter/keeper_page.ts";
import { MOST_WATCHED, WAITER_FD } from "../waiter/page_layout.ts";
import { waiterEnvironment } from "../waiter/raise.ts";

/**
 * In a turn: the process that reads pipes and looks after sizes is there, and the keeper is told when it ends. A turn that cannot
 * start it is no failure of the daemon: output waits in the pipe.
 */
export function ensureLogWatch(
  { home, directory }: Pick<KeptPlace, "home" | "directory">,
  page: KeeperPage,
): void {
  if (!isLogWatched(directory) && !isHealthTold(directory)) return;
  try {
    // In the session of the keeper, so that it is no part of the daemon.
    ensureWatch(home, { environment: waiterEnvironment(), newSession: false });
  } catch (error) {
    if (!(error instanceof ImpError)) throw error;
    debug("keeper", error.message);
  }
  handOverTerminal(home, directory);
  for (let i = 0; i < MOST_WATCHED; i++) {
    const path = readLink(`/proc/self/fd/${WAITER_FD.watched + i}`);
    if (path === watchAlivePath(home) && !page.isWatched(i)) page.watchAgain(i);
  }
}
