import { removeLeftovers } from "./leftovers.ts";
import { leftoversIn } from "./made_journal.ts";
import { OWN_PLACE, removeOwnDirectories } from "./own_directories.ts";

/** Whether a directory is the one of a worker that holds those of its jobs. */
export function isOfWorker(directory: string): boolean {
  return directory.includes(`/${OWN_PLACE.join("/")}/`);
}

/** What a worker would have done at its end: removes what is not to be left. */
export function removeAfterDeath(directory: string): void {
  removeLeftovers(leftoversIn(directory));
  removeOwnDirectories(directory);
}
