import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  everyTimes,
  scheduleText,
  searchFrom,
  SMALL_STEP_MS,
} from "../../../src/keeper/schedule/times.ts";

const HOUR = 3600_000;

Deno.test("every: from start to start, and the series goes on after what was missed", () => {
  const times = everyTimes(10_000);
  assertEquals(times.after(1_000_000, 1_000_000), 1_010_000);
  assertEquals(times.after(1_003_000, 1_000_000), 1_010_000);
  assertEquals(times.after(1_010_000, 1_000_000), 1_020_000);
  // The machine slept for an hour and three seconds.
  assertEquals(times.after(1_000_000 + HOUR + 3000, 1_000_000), 1_000_000 + HOUR + 10_000);
});

Deno.test("every: a clock that is set holds nobody up, and brings no storm", () => {
  const span = fc.integer({ min: 1000, max: 400 * 24 * HOUR });
  const moment = fc.integer({ min: 0, max: 4e12 });
  fc.assert(fc.property(span, moment, moment, (everyMs, now, countedFrom) => {
    const next = everyTimes(everyMs).after(now, countedFrom)!;
    assert(next > now && next <= now + everyMs, `${next}`);
  }));
});

Deno.test("every: looks in between put nothing off, however far the clock was set back", () => {
  const times = everyTimes(HOUR);
  let from = 1e12;
  const due = times.after(1000, from)!;
  for (let now = 1000; now < due; now += HOUR / 7) {
    from = times.anchor(now, from);
    assertEquals(times.after(now, from), due);
  }
});

Deno.test("a clock that is set back by a little repeats nothing", () => {
  assertEquals(searchFrom(1_000_000, 900_000), 1_000_000);
  assertEquals(searchFrom(1_000_000, 1_002_000), 1_002_000);
  assertEquals(searchFrom(1_000_000, 1_000_001 + SMALL_STEP_MS), 1_000_000);
});

Deno.test("a schedule in words", () => {
  assertEquals(scheduleText({ everyMs: 5000, overlap: "skip" }), "every 5s");
  assertEquals(
    scheduleText({ cron: "0 3 * * *", timezone: "UTC", overlap: "kill" }),
    "cron 0 3 * * * in UTC, overlap kill",
  );
});
