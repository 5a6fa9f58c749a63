import { assert, assertEquals } from "@std/assert";
import { loadOf, roomOn } from "../../scripts/lib/room.ts";
import { next, type Part, runAll } from "../../scripts/lib/schedule.ts";

const state = (waiting: Part[], succeeded: string[] = []) => ({
  waiting,
  succeeded: new Set(succeeded),
});
const a = { name: "a" }, b = { name: "b" };
const late = { name: "late", after: "a" };

Deno.test("a part waits for the one that it needs, others overtake it", () => {
  assertEquals(next(state([a, b])), a);
  assertEquals(next(state([late, b])), b);
  assertEquals(next(state([late])), undefined);
  assertEquals(next(state([late], ["a"])), late);
  assertEquals(next(state([])), undefined);
});

const never = () => new Promise<void>(() => {});

Deno.test("all parts run, so many at a time; what needed a failed one does not", async () => {
  let running = 0, most = 0;
  const begun: string[] = [];
  const parts: Part[] = [a, late, b, { name: "after b", after: "b" }, { name: "c" }];
  await runAll(parts, { has: (n) => n < 2, later: never }, async ({ name }) => {
    begun.push(name);
    most = Math.max(most, ++running);
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    running--;
    return name !== "b";
  });
  assertEquals(begun.sort(), ["a", "b", "c", "late"]);
  assertEquals(most, 2);
});

Deno.test("where parts leave the processors idle more of them run, one for each look", async () => {
  let idle = 0, looks = 0;
  // The processors are idle until three parts run.
  const read = () => ({ idle, all: 100 * looks });
  const pause = async () => {
    looks++;
    if (begun.length < 3) idle += 50;
    if (looks > 20) release();
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  };
  let release = () => {};
  const released = new Promise<void>((resolve) => release = resolve);
  const begun: string[] = [];
  const begunAfter: number[] = [];
  const parts = ["1", "2", "3", "4", "5"].map((name) => ({ name }));
  await runAll(parts, roomOn(1, read, pause), async ({ name }) => {
    begun.push(name);
    begunAfter.push(looks);
    await released;
    return true;
  });
  assertEquals(begun.length, 5);
  assertEquals(begunAfter.slice(0, 3), [0, 0, 1]);
  assert(begunAfter[3] > 20, String(begunAfter));
});

Deno.test("the load of the processors is what proc_stat(5) says", () => {
  const stat = "cpu  10 1 20 300 40 5 6 7 8 9\ncpu0 1 1 1 1\n";
  assertEquals(loadOf(stat), { idle: 300, all: 389 });
});
