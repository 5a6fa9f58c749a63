import { removeLeftovers } from "./leftovers.ts";
import { leftoversIn } from "./made_journal.ts";
import { OWN_PLACE, removeOwnDirectories } from "./own_directories.ts";

/** Whether a worker keeps its jobs' own directories in this directory. */
export function isOfWorker(directory: string): boolean {
  return directory.includes(`/${OWN_PLACE.join("/")}/`);
}

/** Cleans up as the worker would have done at its end. */
export function removeAfterDeath(directory: string): void {
  removeLeftovers(leftoversIn(directory));
  removeOwnDirectories(directory);
}
