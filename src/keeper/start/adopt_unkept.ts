import type { KeptPlace } from "../home.ts";
import { observeKept } from "../observe/observe.ts";
import { isUnkept } from "../observe/observed.ts";

/**
 * Gives a daemon that runs without keeper and guard new ones, whom a pidfd tells of its end. Nothing is done to one that is kept, or
 * does not run.
 * @returns what the user should know of it, in sentences: none where there was nothing to adopt
 * @throws ImpError when its records or its lock cannot be used, or no keeper can be started
 */
export async function adoptUnkept(place: KeptPlace): Promise<string[]> {
  if (!isUnkept(observeKept(place))) return [];
  const { adoptNow } = await import("./adopt.ts");
  return await adoptNow(place);
}
