import { ownPid } from "../libc/processes/process.ts";
import { newestPid } from "../procfs/machine.ts";
import { snapshot } from "../procfs/processes.ts";
import { type Belonging, type Kin, type Look, membersOf, type Scope } from "./scope.ts";

/** A tree as seen in one look at /proc. */
export interface Sighting {
  readonly scope: Scope;
  readonly processes: Look;
  /** Its processes, except zombies. */
  readonly members: readonly Kin[];
}

/** Where processes fork all the time, no look happens without births. */
const MOST_LOOKS = 4;

/**
 * Looks at a tree. Reading /proc takes time: a process that starts another and ends meanwhile can hide both, so "nobody
 * is there" is believed only if no process was born during the look, or after several looks.
 * @throws ImpError if /proc cannot be listed
 */
export function lookWell(belonging: Belonging): Sighting {
  for (let look = 1;; look++) {
    const newest = newestPid();
    const sighting = lookOnce(belonging);
    if (sighting.members.length > 0 || sighting.scope.unseen !== undefined) return sighting;
    if (look === MOST_LOOKS || newest === newestPid()) return sighting;
  }
}

/** @param processes the result of a look at /proc just now */
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

/** The current processes of a tree, except zombies: {@link lookWell}. */
export function listTree(belonging: Belonging): readonly Kin[] {
  return lookWell(belonging).members;
}
