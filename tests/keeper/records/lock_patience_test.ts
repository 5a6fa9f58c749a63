import { assertEquals } from "@std/assert";
import { LockPatience } from "../../../src/keeper/records/name_lock.ts";

/** When it is over, of somebody who tries ten times a second. @param holder at a time, ms */
function overAt(holder: (now: number) => string | undefined, ms?: number): number {
  const patience = new LockPatience(1000, ms);
  for (let now = 1000;; now += 100) {
    if (patience.isDue(now) && patience.isOver(now, holder(now))) return now - 1000;
  }
}

Deno.test("the lock of a name: one that keeps it is waited for five seconds, many that take turns longer", () => {
  assertEquals(overAt(() => "pid 7 (imp)"), 5000);
  assertEquals(overAt((now) => `pid ${now} (imp)`), 30_000);
  // A holder that cannot be seen may be a different one each time.
  assertEquals(overAt(() => undefined), 30_000);
  // One that has come late and stays.
  assertEquals(overAt((now) => now < 9000 ? `pid ${now}` : "pid 7"), 12_500 - 1000 + 1000);
  assertEquals(overAt(() => "pid 7 (imp)", 1000), 1000);
});
