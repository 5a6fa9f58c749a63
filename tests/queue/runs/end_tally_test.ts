import { assertEquals } from "@std/assert";
import { verdictIn } from "../../../src/queue/end_verdict.ts";
import { EndTally } from "../../../src/queue/runs/end_tally.ts";

Deno.test("of each job the last attempt counts, in whatever order ends come", () => {
  const tally = new EndTally();
  tally.add(1, 1, "ok");
  tally.add(2, 2, "ok");
  tally.add(2, 1, "failed");
  tally.add(3, 1, "failed");
  tally.add(3, 2, "lost");
  tally.add(5000, 1, "given up");
  assertEquals([tally.ended, tally.failed, tally.last], [4, 2, 5000]);
  assertEquals([tally.of("ok"), tally.of("failed"), tally.of("lost")], [2, 0, 1]);
  assertEquals([...tally.failures()], [
    { seq: 3, attempt: 2, verdict: "lost" },
    { seq: 5000, attempt: 1, verdict: "given up" },
  ]);
});

Deno.test("the same end twice is one", () => {
  const tally = new EndTally();
  tally.add(1, 1, "failed");
  tally.add(1, 1, "failed");
  assertEquals([tally.ended, tally.failed], [1, 1]);
});

Deno.test("a header that says nothing known", () => {
  assertEquals(["ok", "given up", "", "x"].map(verdictIn), [
    "ok",
    "given up",
    "unknown",
    "unknown",
  ]);
});
