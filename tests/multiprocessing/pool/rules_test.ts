import fc from "fast-check";
import { assertEquals, assertThrows } from "@std/assert";
import { Deque } from "../../../src/base/deque.ts";
import {
  checkedChunkSize,
  chunkSize,
  MapResult,
} from "../../../src/multiprocessing/pool/chunks.ts";
import {
  decide,
  mayJoin,
  type PoolEvent,
  type PoolState,
} from "../../../src/multiprocessing/pool/core.ts";
import { isOwnDoing } from "../../../src/multiprocessing/pool/worker_set.ts";
import { runs } from "../../property_runs.ts";

const SOME = runs(300);

Deno.test("chunkSize: CPython's rule", () => {
  for (
    const [items, workers, size] of [[0, 2, 0], [1, 2, 1], [8, 2, 1], [9, 2, 2], [1000, 4, 63]]
  ) {
    assertEquals(chunkSize(items, workers), size, `${items} items, ${workers} workers`);
  }
  const counts = fc.tuple(fc.nat(10_000), fc.integer({ min: 1, max: 64 }));
  fc.assert(fc.property(counts, ([items, workers]) => {
    const rest = items % (4 * workers);
    assertEquals(chunkSize(items, workers), (items - rest) / (4 * workers) + (rest ? 1 : 0));
  }));
  for (const size of [0, -1, 1.5, NaN, Infinity]) {
    assertThrows(
      () => checkedChunkSize(size),
      RangeError,
      "chunkSize must be a whole number of at",
    );
  }
});

Deno.test("Deque: as an array, from both ends", () => {
  const steps = fc.array(fc.constantFrom("push", "unshift", "shift", "drain" as const), {
    maxLength: 200,
    size: "max",
  });
  fc.assert(
    fc.property(steps, (steps) => {
      const deque = new Deque<number>();
      let model: number[] = [];
      steps.forEach((step, i) => {
        if (step === "push") model.push(i), deque.push(i);
        if (step === "unshift") model.unshift(i), deque.unshift(i);
        if (step === "shift") assertEquals(deque.shift(), model.shift());
        if (step === "drain" && i % 10 === 0) {
          assertEquals(deque.drain(), model);
          model = [];
        }
        assertEquals([deque.size, deque.first()], [model.length, model[0]]);
      });
    }),
    SOME,
  );
});

Deno.test("MapResult: in order; the first error that came, once every chunk is done", () => {
  const result = new MapResult<number>(3);
  result.settle(2, { ok: true, value: [5] });
  result.settle(0, { ok: true, value: [1, 2] });
  assertEquals(result.cell.outcome, undefined);
  result.settle(1, { ok: true, value: [3, 4] });
  assertEquals(result.cell.outcome, { ok: true, value: [1, 2, 3, 4, 5] });
  const failing = new MapResult<number>(3);
  failing.settle(2, { ok: false, error: "second chunk" });
  failing.settle(0, { ok: false, error: "first chunk, later" });
  assertEquals(failing.cell.outcome, undefined);
  failing.settle(1, { ok: true, value: [] });
  assertEquals(failing.cell.outcome, { ok: false, error: "second chunk" });
  assertEquals(new MapResult(0).cell.outcome, { ok: true, value: [] });
});

Deno.test("pool states: the whole table", () => {
  const states: PoolState[] = ["open", "closed", "ending", "ended"];
  const events: PoolEvent[] = ["submit", "close", "terminate", "drained", "gone", "workerEnded"];
  const seen = states.map((state) =>
    events.map((event) => {
      const { next, actions } = decide(state, event);
      return [next === state ? "" : next, ...actions].filter(Boolean).join(" ");
    })
  );
  assertEquals(seen, [
    ["accept", "closed", "ending terminate", "", "", "replace"],
    ["refuse", "", "ending terminate", "ending dismiss", "", "replace"],
    ["refuse", "", "terminate", "", "ended", ""],
    ["refuse", "", "", "", "", ""],
  ]);
  assertEquals(states.map(mayJoin), [false, true, true, true]);
});

Deno.test("a worker that left, or that the kernel ended for what it did, ended by its own doing", () => {
  const own = [0, 1, 7, -4, -6, -11];
  assertEquals(own.map(isOwnDoing), own.map(() => true));
  assertEquals([-9, -15, -1].map(isOwnDoing), [false, false, false]);
});
