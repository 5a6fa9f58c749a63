import fc from "fast-check";
import { assert, assertEquals } from "@std/assert";
import { TakingPace } from "../../src/queue/worker/pace.ts";
import { Pulls } from "../../src/queue/worker/pulls.ts";

Deno.test("requests for jobs are answered in their order, end, or are lost", () => {
  const pulls = new Pulls();
  const first = pulls.asked(2, 100);
  const second = pulls.asked(3, 200);
  assertEquals([pulls.owed, pulls.due], [5, 100]);
  pulls.came();
  assertEquals(pulls.owed, 4);
  pulls.over(first);
  assertEquals(pulls.owed, 3);
  assertEquals([pulls.expire(150), pulls.owed], [false, 3]);
  assertEquals(pulls.expire(200), true);
  assertEquals([pulls.owed, pulls.due], [0, Infinity]);
  pulls.over(second);
  pulls.came();
  pulls.asked(1, 300);
  pulls.lost();
  assertEquals(pulls.owed, 0);
});

Deno.test("whatever comes and ends, no more is owed than was asked for", () => {
  const move = fc.oneof(
    fc.record({ ask: fc.integer({ min: 1, max: 5 }) }),
    fc.constantFrom("came", "over", "lost"),
  );
  fc.assert(fc.property(fc.array(move), (moves) => {
    const pulls = new Pulls();
    let asked = 0, last = 0;
    for (const one of moves) {
      if (typeof one === "object") {
        last = pulls.asked(one.ask, 10);
        asked += one.ask;
      } else if (one === "came") pulls.came();
      else if (one === "over") pulls.over(last);
      else pulls.lost();
      assert(pulls.owed >= 0 && pulls.owed <= asked);
    }
  }));
});

Deno.test("long jobs are not taken before they can run; short ones hide the way to the queue", () => {
  const long = new TakingPace(4);
  assertEquals(long.ahead, 0);
  for (let i = 0; i < 100; i++) long.ended(10_000);
  assertEquals(long.ahead, 0);
  const short = new TakingPace(4);
  for (let i = 0; i < 100; i++) short.ended(1);
  assertEquals(short.ahead, 64);
  for (let i = 0; i < 200; i++) short.ended(10_000);
  assertEquals(short.ahead, 0);
});
