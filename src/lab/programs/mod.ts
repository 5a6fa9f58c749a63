import type { Part, Parts } from "../part.ts";

/** Where the program of each scenario is; loaded when it runs. */
const PROGRAMS: Readonly<Record<string, () => Promise<Parts>>> = {
  "endings": async () => (await import("./endings.ts")).endings,
  "zombie": async () => (await import("./families.ts")).zombie,
  "zombie-collected-by-init": async () => (await import("./families.ts")).collected,
  "orphan": async () => (await import("./families.ts")).orphan,
  "zombie-flood": async () => (await import("./families.ts")).flood,
  "daemonize-steps": async () => (await import("./daemons.ts")).steps,
  "one-fork-can-get-a-tty": async () => (await import("./daemons.ts")).terminals,
  "umask": async () => (await import("./daemons.ts")).umasks,
  "pidfile": async () => (await import("./daemons.ts")).pidfiles,
  "background-vs-daemon": async () => (await import("./daemons.ts")).comparison,
};

/** A part of the program of a scenario; undefined when there is none. */
export async function findPart(id: string, part: string): Promise<Part | undefined> {
  const parts = Object.hasOwn(PROGRAMS, id)
    ? await PROGRAMS[id]()
    : id.startsWith("pool-")
    ? (await import("./pools.ts")).pools[id]
    : (await import("./processes.ts")).processes[id];
  return parts && Object.hasOwn(parts, part) ? parts[part] : undefined;
}
