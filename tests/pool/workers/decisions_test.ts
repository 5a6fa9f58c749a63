import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Pace } from "../../../src/pool/workers/pace.ts";
import { type Death, judgeDeath } from "../../../src/pool/workers/verdict.ts";

const DEATH: Death = {
  lengths: [4, 4, 4],
  unread: 8,
  ending: { how: "signal", signal: 9, core: false },
  answered: 5,
  exact: false,
  spared: false,
};
const WELL = { how: "exit", code: 0 } as const;

Deno.test("a worker's death is charged to the record that it had begun, and to no other", () => {
  const table: [what: string, death: Partial<Death>, verdict: string][] = [
    ["one read, two in the pipe", {}, "charged"],
    ["a part of the first read", { unread: 11 }, "charged"],
    ["all read ahead", { unread: 0 }, "charged"],
    ["nothing read", { unread: 12 }, "untouched"],
    ["nothing owed", { lengths: [], unread: 0 }, "nothing"],
    ["ended by itself after some records, having read ahead", { ending: WELL }, "spared"],
    ["the same record for the second time", { ending: WELL, spared: true }, "charged"],
    ["ended well with its first record", { ending: WELL, answered: 0 }, "charged"],
    ["ended well, and reading is beginning", { ending: WELL, exact: true }, "charged"],
    ["ended by an error", { ending: { how: "exit", code: 3 } }, "charged"],
  ];
  for (const [what, death, verdict] of table) {
    assertEquals(judgeDeath({ ...DEATH, ...death }), verdict, what);
  }
});

Deno.test("a slow worker gets one record at a time, a fast one as many as are allowed", () => {
  const slow = new Pace(32);
  assertEquals(slow.depth, 1);
  slow.begin(0);
  for (let i = 1; i <= 10; i++) slow.answered(1, 5 * i);
  assertEquals(slow.depth, 1);
  const fast = new Pace(32);
  fast.begin(0);
  for (let i = 1; i <= 10; i++) fast.answered(1, 0.01 * i);
  assertEquals(fast.depth, 32);
  // Slow again: within a few records nothing is sent ahead any more.
  for (let i = 1; i <= 3; i++) fast.answered(1, 0.1 + 20 * i);
  assertEquals(fast.depth, 1);
  const alone = new Pace(1);
  alone.begin(0);
  alone.answered(10, 0.001);
  assertEquals(alone.depth, 1);
});

Deno.test("whatever the times, a worker has between one record and the most", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 64 }),
    fc.array(
      fc.tuple(fc.integer({ min: 1, max: 64 }), fc.double({ min: 0, max: 100, noNaN: true })),
    ),
    (most, steps) => {
      const pace = new Pace(most);
      let now = 0;
      pace.begin(now);
      for (const [count, ms] of steps) {
        pace.answered(count, now += ms);
        if (!(pace.depth >= 1 && pace.depth <= most)) return false;
      }
      return true;
    },
  ));
});
