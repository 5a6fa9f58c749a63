import { ImpError } from "../../base/errors.ts";
import type { KeptPlace } from "../home.ts";
import { observeKept } from "../observe/observe.ts";
import { isUnkept } from "../observe/observed.ts";
import { isRefusalOfDisk } from "../records/record_file.ts";

/**
 * Gives a daemon that runs without keeper and guard new ones, whom a pidfd tells of its end. Nothing is done to one that is kept, or
 * does not run.
 * @returns what the user should know of it, in sentences: none where there was nothing to adopt; also why a disk that is full or
 * read-only leaves it without
 * @throws ImpError when its records or its lock cannot be used, or no keeper can be started
 */
export async function adoptUnkept(place: KeptPlace): Promise<string[]> {
  if (!isUnkept(observeKept(place))) return [];
  const { adoptNow } = await import("./adopt.ts");
  try {
    return await adoptNow(place);
  } catch (error) {
    if (!(error instanceof ImpError) || !isRefusalOfDisk(error)) throw error;
    return [`its keepers were killed, and it could not be given new ones: ${error.message}`];
  }
}
