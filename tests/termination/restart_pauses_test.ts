import { assertEquals } from "@std/assert";
import { RestartPauses } from "../../src/termination/restart_pauses.ts";

Deno.test("pauses: none at first, then growing to a second; none again after a second of life", () => {
  const pauses = new RestartPauses();
  let now = 0;
  const waits: number[] = [];
  for (let i = 0; i < 14; i++) {
    pauses.try(now);
    const due = pauses.next(now);
    waits.push(due - now);
    now = due;
  }
  assertEquals(waits, [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000, 1000, 1000]);
  pauses.try(now);
  assertEquals(pauses.next(now + 1001), now + 1001);
});
