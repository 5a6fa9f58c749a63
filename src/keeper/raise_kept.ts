import { closeFile } from "../libc/descriptors/files.ts";
import { openForKeeper } from "../logs/kept_pipes.ts";
import type { KeptPlace } from "./home.ts";
import { usesNotify } from "./notifications.ts";
import { openKeptNotify } from "./notify.ts";
import { raiseKeeper, type Waiters } from "./raise.ts";
import type { KeptSettings } from "./records/kept_settings.ts";

/** Starts the waiters of a daemon that does not run, with the descriptors that its settings ask for. @throws ImpError */
export function raiseKept({ home, directory }: KeptPlace, settings: KeptSettings): Waiters {
  const watched = usesNotify(settings) ? [openKeptNotify()] : [];
  try {
    watched.push(...openForKeeper(home, { directory, log: settings.log }));
    return raiseKeeper({ home, directory }, { waiter: settings.waiter, watched });
  } finally {
    for (const fd of watched) closeFile(fd);
  }
}
