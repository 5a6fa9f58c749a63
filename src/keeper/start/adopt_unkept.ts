import { ImpError } from "../../base/errors.ts";
import type { KeptPlace } from "../home.ts";
import { observeKept } from "../observe/observe.ts";
import { isUnkept } from "../observe/observed.ts";
import { isRefusalOfDisk } from "../records/record_file.ts";

/**
 * Gives a daemon that runs without keeper and guard new ones, which learn of its end by a pidfd. Does nothing for one
 * that is kept, or does not run.
 * @returns what the user should know, in sentences: none if there was nothing to adopt; also if a full or read-only
 *   disk leaves it without
 * @throws ImpError if its records or its lock cannot be used, or no keeper can be started
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
