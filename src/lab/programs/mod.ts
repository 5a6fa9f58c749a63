import type { ProgramPart, ProgramParts } from "../program.ts";

/** Where the program of each scenario is; loaded when it runs. */
const PROGRAMS: Readonly<Record<string, () => Promise<ProgramParts>>> = {
  "endings": async () => (await import("./endings.ts")).endingsParts,
  "zombie": async () => (await import("./families.ts")).zombieParts,
  "zombie-collected-by-init": async () => (await import("./families.ts")).collectedParts,
  "orphan": async () => (await import("./families.ts")).orphanParts,
  "zombie-flood": async () => (await import("./families.ts")).floodParts,
  "daemonize-steps": async () => (await import("./daemons.ts")).stepsParts,
  "one-fork-can-get-a-tty": async () => (await import("./daemons.ts")).terminalsParts,
  "umask": async () => (await import("./daemons.ts")).umaskParts,
  "pidfile": async () => (await import("./daemons.ts")).pidfileParts,
  "background-vs-daemon": async () => (await import("./daemons.ts")).comparisonParts,
};

/** A part of the program of a scenario; undefined if there is none. */
export async function findPart(id: string, part: string): Promise<ProgramPart | undefined> {
  const parts = Object.hasOwn(PROGRAMS, id) ? await PROGRAMS[id]() : (await mains(id))[id];
  return parts && Object.hasOwn(parts, part) ? parts[part] : undefined;
}

/** Programs that use the library for multiprocessing. */
async function mains(id: string): Promise<Readonly<Record<string, ProgramParts | undefined>>> {
  if (id.startsWith("pool-")) return (await import("./pools.ts")).pools;
  if (id.startsWith("daemon-thread")) return (await import("./threads.ts")).threads;
  return (await import("./processes.ts")).processes;
}
