import { assertEquals } from "@std/assert";
import { readMoment } from "../../src/base/moment.ts";

Deno.test("a moment: a time, or so long from now or ago", () => {
  const now = new Date(2026, 10, 30, 12, 0, 0).getTime();
  const at = (...time: [number, number, number, number?, number?]) => new Date(...time).getTime();
  assertEquals(readMoment("10m", now), { ms: 600_000 });
  assertEquals(readMoment("14:30", now), { at: at(2026, 10, 30, 14, 30), isToday: true });
  assertEquals(readMoment("2026-12-01", now), { at: at(2026, 11, 1), isToday: false });
  assertEquals(readMoment("2026-12-01 07:05", now), {
    at: at(2026, 11, 1, 7, 5),
    isToday: false,
  });
  for (
    const wrong of [
      "",
      "x",
      "25:00",
      "12:60",
      "2026-13-01",
      "2026-02-30",
      "2026-11-31 10:00",
      "tomorrow",
      "-5m",
    ]
  ) {
    assertEquals(readMoment(wrong, now), undefined, wrong);
  }
});
