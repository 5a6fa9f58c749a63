import { type KeptPlace, logDirectory, makeOwnDirectory } from "./home.ts";
import type { KeptSettings } from "./records/kept_settings.ts";

/** Only imp's own one; the directory of a log elsewhere is its owner's business. */
export function makeLogDirectory({ home }: KeptPlace, { log }: KeptSettings): void {
  const own = logDirectory(home);
  if ([log.stdout, log.stderr].some((path) => path?.startsWith(`${own}/`))) makeOwnDirectory(own);
}
