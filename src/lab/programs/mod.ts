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
  const parts = Object.hasOwn(PROGRAMS, id) ? await PROGRAMS[id]() : (await mains(id))[id];
  return parts && Object.hasOwn(parts, part) ? parts[part] : undefined;
}

/** Programs that use the library for multiprocessing. */
async function mains(id: string): Promise<Readonly<Record<string, Parts | undefined>>> {
  if (id.startsWith("pool-")) return (await import("./pools.ts")).pools;
  if (id.startsWith("daemon-thread")) return (await import("./threads.ts")).threads;
  return (await import("./processes.ts")).processes;
}
