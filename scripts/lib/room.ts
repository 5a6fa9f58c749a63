/** How many parts of a test run keep the processors busy: most of their time they wait, for how much of it differs. */
import type { Room } from "./schedule.ts";

/** Parts for each processor that run in any case: also beside others who use the machine. */
const LEAST = 2;
/** With more the machine would be busy with changing between them. */
const MOST = 4;
/** Share of the processors' time that must have been idle for one more part to begin. */
const IDLE = 0.15;
/** What a part that has just begun takes shows after this time, ms. */
const LOOK_MS = 1_000;

/** Times of all processors since boot, in any unit. */
export interface Load {
  idle: number;
  all: number;
}

/** The first line of /proc/stat, proc_stat(5): what waits for a disk keeps it busy, and is not idle. */
export function loadOf(stat: string): Load {
  const times = stat.split("\n", 1)[0].trim().split(/ +/).slice(1, 9).map(Number);
  return { idle: times[3] ?? 0, all: times.reduce((sum, time) => sum + time, 0) };
}

/** @param read reads the load; @param pause waits so many ms */
export function roomOn(
  processors: number,
  read: () => Load,
  pause: (ms: number) => Promise<void>,
): Room {
  let last = read();
  let isIdle = false;
  let looked: Promise<void> | undefined;
  const look = async () => {
    last = read();
    await pause(LOOK_MS);
    const now = read();
    isIdle = now.idle - last.idle > IDLE * (now.all - last.all);
    looked = undefined;
  };
  return {
    has: (running) => {
      if (running < LEAST * processors) return true;
      // One for each look.
      const may = isIdle && running < MOST * processors;
      isIdle = false;
      return may;
    },
    later: () => looked ??= look(),
  };
}
