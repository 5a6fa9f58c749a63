import { assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { progressText, RateMeter, summaryText } from "../../src/pool/output/progress_text.ts";

const counts = { done: 120, running: 8, failed: 2 };

Deno.test("the progress line", () => {
  assertEquals(
    progressText({ ...counts, total: 1000 }, 40, 80),
    "120/1000 12%  8 running  2 failed  40.0/s  22s left",
  );
  assertEquals(progressText(counts, 35.2, 80), "120 done  8 running  2 failed  35.2/s");
  assertEquals(progressText(counts, undefined, 80), "120 done  8 running  2 failed");
  assertEquals(
    progressText({ done: 1000, running: 0, failed: 0, total: 1000 }, 0.05, 80),
    "1000/1000 100%  0 running  0 failed  3.0/min",
  );
});

Deno.test("the progress line keeps what matters most when it is narrow", () => {
  assertEquals(
    progressText({ ...counts, total: 1000 }, 35.2, 40),
    "120/1000 12%  8 running  2 failed",
  );
  assertEquals(progressText({ ...counts, total: 1000 }, 35.2, 5), "120/1");
  fc.assert(fc.property(fc.nat(200), fc.nat(1e6), (width, total) => {
    const line = progressText({ ...counts, total }, 12, width);
    assertEquals(line.length <= width, true);
  }));
});

Deno.test("the rate is that of the last seconds", () => {
  const meter = new RateMeter(0);
  assertEquals(meter.perSecond, undefined);
  for (let ms = 100; ms <= 60_000; ms += 100) meter.note(ms, ms / 10);
  assertAlmostEquals(meter.perSecond!, 100, 1);
  for (let ms = 60_100; ms <= 90_000; ms += 100) meter.note(ms, 6000 + (ms - 60_000) / 1000);
  assertAlmostEquals(meter.perSecond!, 1, 0.1);
});

Deno.test("the rate falls while nothing ends", () => {
  const meter = new RateMeter(0);
  meter.note(1000, 10);
  meter.note(5000, 10);
  assertAlmostEquals(meter.perSecond!, 2, 0.01);
});

Deno.test("the rate takes little memory however often it is asked for", () => {
  const meter = new RateMeter(0);
  for (let ms = 0; ms < 100_000; ms++) meter.note(ms, ms);
  // deno-lint-ignore no-explicit-any
  assertEquals((meter as any).samples.length < 100, true);
});

Deno.test("the summary", () => {
  assertEquals(
    summaryText({ done: 1000, failed: 2, running: 0, total: 1000 }, 28_300),
    "1000 jobs in 28.3s (35.3/s): 998 succeeded, 2 failed",
  );
  assertEquals(
    summaryText({ done: 1, failed: 1, running: 0, total: 5 }, 0),
    "1 job in 0ms: 0 succeeded, 1 failed, 4 not run",
  );
  // What another pool has printed says nothing about the speed of this one.
  assertEquals(
    summaryText({ done: 30, failed: 1, running: 0, total: 30, earlier: 20 }, 5000),
    "30 jobs (20 printed before) in 5s (2.0/s): 29 succeeded, 1 failed",
  );
});
