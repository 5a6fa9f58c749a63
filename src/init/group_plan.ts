import type { GroupPlan } from "./forwarding.ts";
import type { SessionChoice } from "./settings.ts";

/** What decides where the program belongs. */
export interface Surroundings {
  readonly session: SessionChoice;
  readonly toGroup: boolean;
  readonly hasTerminal: boolean;
  readonly leadsSession: boolean;
  readonly leadsGroup: boolean;
  /** Standard input or output is a pipe. */
  readonly piped: boolean;
}

/**
 * A group of its own lets a signal for the caller's group arrive once: init forwards it. But in the middle of a
 * pipeline or a script, a group of its own in the foreground would stop the others as soon as they read the terminal
 * (`imp init -- prog | less`), and Ctrl-C would no longer reach them.
 */
export function chooseGroup(of: Surroundings): GroupPlan {
  if (of.session === "new") return "session";
  if (of.session === "same") return "shared";
  if (of.toGroup || !of.hasTerminal || of.leadsSession) return "own";
  return of.leadsGroup && !of.piped ? "own" : "shared";
}
