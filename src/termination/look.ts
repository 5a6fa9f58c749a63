import { ownPid } from "../libc/processes/process.ts";
import { newestPid, snapshot } from "../procfs/processes.ts";
import { type Belonging, type Kin, type Look, membersOf, type Scope } from "./scope.ts";

/** A tree as one look at /proc has shown it. */
export interface Sighting {
  readonly scope: Scope;
  readonly processes: Look;
  /** Its processes, zombies left out. */
  readonly members: readonly Kin[];
}

/** Where others fork all the time, nobody can be looked for at a moment without births. */
const MOST_LOOKS = 4;

/**
 * Looks at a tree. A look at /proc is no moment: one that starts another and ends meanwhile can hide both, so that nobody
 * is believed to be there only when nobody was born during the look, or after several.
 * @throws ImpError where /proc cannot be listed
 */
export function lookWell(belonging: Belonging): Sighting {
  for (let look = 1;; look++) {
    const newest = newestPid();
    const sighting = lookOnce(belonging);
    if (sighting.members.length > 0 || sighting.scope.unseen !== undefined) return sighting;
    if (look === MOST_LOOKS || newest === newestPid()) return sighting;
  }
}

/** @param processes what a look at /proc has just shown */
export function lookOnce(belonging: Belonging, processes?: Look): Sighting {
  if (typeof belonging !== "function" && belonging.unseen !== undefined) {
    return { scope: belonging, processes: new Map(), members: [] };
  }
  return lookIn(belonging, processes ?? snapshot());
}

function lookIn(belonging: Belonging, processes: Look): Sighting {
  const scope = typeof belonging === "function" ? belonging(processes) : belonging;
  return { scope, processes, members: membersOf(scope, processes, ownPid()) };
}

/** The processes of a tree now, zombies left out: {@link lookWell}. */
export function listTree(belonging: Belonging): readonly Kin[] {
  return lookWell(belonging).members;
}
