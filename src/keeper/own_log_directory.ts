import { type KeptPlace, logDirectory, makeOwnDirectory } from "./home.ts";
import type { KeptSettings } from "./records/kept_settings.ts";

/** imp's own one; that of a log elsewhere is its owner's matter. */
export function makeLogDirectory({ home }: KeptPlace, { log }: KeptSettings): void {
  const own = logDirectory(home);
  if ([log.stdout, log.stderr].some((path) => path?.startsWith(`${own}/`))) makeOwnDirectory(own);
}
