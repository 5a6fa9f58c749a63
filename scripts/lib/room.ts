/** How many parts of a test run keep the processors busy: they mostly wait, to differing degrees. */
import type { Room } from "./schedule.ts";

/** Parts per processor that always run, even beside other users of the machine. */
const LEAST = 2;
/** Above this, the machine would be busy switching between them. */
const MOST = 4;
/** Another part may begin if the processors were idle for at least this share of the time. */
const IDLE = 0.15;
/** The load of a part that has just begun shows after this time, ms. */
const LOOK_MS = 1_000;

/** Times of all processors since boot, in any unit. */
export interface Load {
  idle: number;
  all: number;
}

/** The first line of /proc/stat, proc_stat(5). Waiting for a disk does not count as idle: it keeps the disk busy. */
export function loadOf(stat: string): Load {
  const times = stat.split("\n", 1)[0].trim().split(/ +/).slice(1, 9).map(Number);
  return { idle: times[3] ?? 0, all: times.reduce((sum, time) => sum + time, 0) };
}

/** @param read reads the load @param pause waits for that many ms */
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
      // One part per look.
      const may = isIdle && running < MOST * processors;
      isIdle = false;
      return may;
    },
    later: () => looked ??= look(),
  };
}
