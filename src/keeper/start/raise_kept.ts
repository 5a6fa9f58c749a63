import { closeFile } from "../../libc/descriptors/files.ts";
import { openForKeeper } from "../../logs/watch/kept_pipes.ts";
import { isProbedOften } from "../health/kept_health.ts";
import { openKeptTerminal } from "../../logs/terminal/kept_terminal.ts";
import type { KeptPlace } from "../home.ts";
import type { KeptClaim } from "../records/kept_claim.ts";
import { raiseKeeper, type Waiters } from "../waiter/raise.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import { openNotified } from "../ready/watchdog.ts";
import type { GivenSockets } from "../sockets/given_sockets.ts";

/**
 * Starts keepers for a daemon that does not run: under the lock of its name, with the intent written.
 * @param claim a free one
 * @param sockets stay this process' own, like the events
 * @param events of fileEventsOf
 * @throws ImpError
 */
export function raiseKept(
  place: KeptPlace,
  settings: KeptSettings,
  claim: KeptClaim,
  sockets: GivenSockets,
  events: readonly number[],
): Waiters {
  const { home, directory } = place;
  const watched: number[] = [], terminal: number[] = [];
  try {
    watched.push(...openNotified(settings));
    watched.push(
      ...openForKeeper(home, { directory, log: settings.log }, isProbedOften(settings.health)),
    );
    terminal.push(...openKeptTerminal(place.directory, settings.log));
    const { waiter } = settings;
    const all = [...watched, ...sockets.watched, ...events];
    return raiseKeeper({ home, directory }, {
      ...{ waiter, kept: claim.descriptor, watched: all, held: [...sockets.held, ...terminal] },
    });
  } finally {
    for (const fd of [...watched, ...terminal]) closeFile(fd);
  }
}
