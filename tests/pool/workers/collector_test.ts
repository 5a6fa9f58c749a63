import { assert, assertEquals, assertThrows } from "@std/assert";
import { ImpError } from "../../../src/base/errors.ts";
import { Workshop } from "./workshop.ts";

Deno.test("collector: answers go to the records in the order in which they were sent", () => {
  const shop = new Workshop({ items: ["a", "b"], jobs: 1 });
  shop.feed();
  const [worker] = shop.workers;
  shop.answers(worker, "A");
  assertEquals(shop.entries, []);
  shop.answers(worker, " x\n");
  shop.feed();
  shop.answers(worker, "\n");
  assertEquals(shop.entries, ["value 1 A x", "value 2 "]);
  assertEquals([shop.collector.answered, worker.books.answered], [2, 2]);
});

Deno.test("collector: an answer that nobody asked for ends everything: earlier ones may be wrong", () => {
  const shop = new Workshop({ items: ["a"], jobs: 1 });
  shop.feed();
  assertThrows(() => shop.answers(shop.workers[0], "A\nA2\n"), ImpError, "more than one line");
  assertEquals(shop.entries, ["value 1 A"]);
});

Deno.test("collector: the last line of one that ended well needs no end", () => {
  const shop = new Workshop({ items: ["a"], jobs: 1 });
  shop.feed();
  const [worker] = shop.workers;
  shop.processes.reads(worker);
  shop.processes.write(worker, "A");
  assert(!shop.ends(worker, 0));
  assertEquals(shop.entries, ["value 1 A"]);
});

Deno.test("collector: when it has been stopped, nothing that comes counts", () => {
  const shop = new Workshop({ items: ["a"], jobs: 1 });
  shop.feed();
  const [worker] = shop.workers;
  shop.stop();
  shop.answers(worker, "A\n");
  shop.ends(worker, 1);
  assertEquals([shop.entries, shop.collector.answered], [[], 0]);
});
