import { assertEquals } from "@std/assert";
import { next, type Part, runAll } from "../../scripts/lib/schedule.ts";

const state = (waiting: Part[], running: Part[] = [], succeeded: string[] = []) => ({
  waiting,
  running,
  succeeded: new Set(succeeded),
});
const a = { name: "a" }, b = { name: "b" };
const late = { name: "late", after: "a" };

Deno.test("the first part that may begin does, as long as there is room", () => {
  assertEquals(next(state([a, b]), 2), a);
  assertEquals(next(state([b], [a]), 2), b);
  assertEquals(next(state([b], [a]), 1), undefined);
  assertEquals(next(state([]), 2), undefined);
});

Deno.test("a part waits for the one that it needs, others overtake it", () => {
  assertEquals(next(state([late, b], [a]), 2), b);
  assertEquals(next(state([late], [a]), 2), undefined);
  assertEquals(next(state([late], [], ["a"]), 2), late);
});

Deno.test("all parts run, so many at a time; what needed a failed one does not", async () => {
  let running = 0, most = 0;
  const begun: string[] = [];
  const parts: Part[] = [a, late, b, { name: "after b", after: "b" }, { name: "c" }];
  await runAll(parts, 2, async ({ name }) => {
    begun.push(name);
    most = Math.max(most, ++running);
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    running--;
    return name !== "b";
  });
  assertEquals(begun.sort(), ["a", "b", "c", "late"]);
  assertEquals(most, 2);
});
