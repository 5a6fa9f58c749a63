import { TM } from "./structs.ts";
import { libc } from "./calling/load.ts";
import { allocate, scratch } from "./calling/memory.ts";

/** Blocks for some milliseconds; for ever if negative. */
export function nap(ms: number): void {
  libc("poll").poll(0, 0, ms);
}

/**
 * `2026-11-20 21:45:24` in the user's time zone. The runtime's Date would do, but loads 4 ms of tables for it.
 * @param ms milliseconds since 1970
 */
export function localTime(ms: number): string {
  return scratch(() => {
    const time = allocate(8);
    const tm = allocate(TM.bytes);
    time.view.setBigInt64(0, BigInt(Math.floor(ms / 1000)), true);
    libc("localtime_r").localtime_r(time.address, tm.address);
    // tm_mon counts from 0, tm_year from 1900.
    const [second, minute, hour, day, month, year] = [0, 1, 2, 3, 4, 5].map((i) =>
      tm.view.getInt32(TM.tm_sec + 4 * i, true)
    );
    const date = [year + 1900, month + 1, day].map(two).join("-");
    return `${date} ${[hour, minute, second].map(two).join(":")}`;
  });
}

function two(n: number): string {
  return String(n).padStart(2, "0");
}
