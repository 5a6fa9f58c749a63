import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { nextNumber, Pace, type Pacing, WorkerBooks } from "../../src/workers/books.ts";
import { runs } from "../property_runs.ts";

/** As for functions, and for records of programs. */
const CALLS: Pacing = { ahead: 1, most: 64, weight: 1 / 8 };
const SENT: Pacing = { ahead: 2, most: 32, weight: 0.3 };

Deno.test("books: tasks are answered in the order in which they were given, each once", () => {
  const books = new WorkerBooks<string>(CALLS, Infinity);
  assertEquals([books.first, books.firstNumber, books.answer()], [undefined, 0, undefined]);
  for (const task of ["a", "b", "c"]) books.give(task);
  assertEquals([books.owed, books.first, books.firstNumber, books.nextNumber], [3, "a", 1, 4]);
  assertEquals([books.answer(1), books.answer(), books.unanswered], ["a", "b", ["c"]]);
  assertEquals([books.given, books.answered], [3, 2]);
  assertThrows(() => books.answer(2), Error, "answered task 2 when it was the turn of 3");
});

Deno.test("books: what was not begun is taken back, and its numbers are not used again", () => {
  const books = new WorkerBooks<string>(CALLS, 10);
  for (const task of ["a", "b", "c", "d"]) books.give(task);
  // The answer to the first is still on its way.
  assertEquals([books.withdraw(2), books.unanswered], [["c", "d"], ["a", "b"]]);
  assertEquals([books.given, books.nextNumber], [2, 5]);
  books.give("e");
  assertEquals([books.answer(1), books.answer(2), books.answer(5)], ["a", "b", "e"]);
});

Deno.test("books: a death costs the task that was begun and no other", () => {
  for (
    const [begun, lost, unbegun] of [[0, undefined, "abc"], [1, "a", "bc"], [
      -1,
      undefined,
      "abc",
    ]] as const
  ) {
    const books = new WorkerBooks<string>(CALLS, Infinity);
    for (const task of "abc") books.give(task);
    assertEquals(books.settle(begun), { lost, unbegun: [...unbegun] });
    assertEquals(books.owed, 0);
  }
});

Deno.test("books: room is bounded by the pace, the tasks of a life, and what the worker is doing", () => {
  const books = new WorkerBooks<string>(SENT, 2);
  assertEquals(books.room, 0);
  books.ready = true;
  assertEquals(books.room, 1);
  books.pace.begin(0);
  books.pace.answered(100, 0.1);
  assertEquals([books.room, books.spent], [2, false]);
  for (const state of ["paused", "leaving"] as const) {
    books[state] = true;
    assertEquals(books.room, 0, state);
    books[state] = false;
  }
  books.give("a");
  books.give("b");
  assertEquals([books.room, books.spent], [0, true]);
});

Deno.test("numbers of tasks go round", () => {
  assertEquals([nextNumber(0), nextNumber(2 ** 30 - 1)], [1, 0]);
});

Deno.test("Pace: deep for short tasks, one at a time for long ones", () => {
  const pace = new Pace(CALLS);
  assertEquals(pace.depth, 1);
  let now = 0;
  for (let i = 0; i < 50; i++) pace.answered(1, now += 0.005);
  assertEquals(pace.depth, 64);
  pace.slowDown();
  assertEquals(pace.depth, 1);
  for (let i = 0; i < 100; i++) pace.answered(1, now += 0.01);
  assertEquals(pace.depth, 64);
  for (let i = 0; i < 100; i++) pace.answered(1, now += 50);
  assertEquals(pace.depth, 1);
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true })), (times) => {
      const pace = new Pace(CALLS);
      let now = 0;
      for (const time of times) pace.answered(1, now += time);
      assert(pace.depth >= 1 && pace.depth <= 64);
    }),
    runs(300),
  );
});

Deno.test("a slow worker gets one record at a time, a fast one as many as are allowed", () => {
  const slow = new Pace({ ...SENT, most: 32 });
  assertEquals(slow.depth, 1);
  slow.begin(0);
  for (let i = 1; i <= 10; i++) slow.answered(1, 5 * i);
  assertEquals(slow.depth, 1);
  const fast = new Pace({ ...SENT, most: 32 });
  fast.begin(0);
  for (let i = 1; i <= 10; i++) fast.answered(1, 0.01 * i);
  assertEquals(fast.depth, 32);
  // Slow again: within a few records, nothing is sent in advance.
  for (let i = 1; i <= 3; i++) fast.answered(1, 0.1 + 20 * i);
  assertEquals(fast.depth, 1);
  const alone = new Pace({ ...SENT, most: 1 });
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
      const pace = new Pace({ ...SENT, most });
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
