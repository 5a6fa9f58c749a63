import { assert, assertEquals, assertThrows } from "@std/assert";
import { ImpError } from "../../../src/base/errors.ts";
import { Shop } from "./shop.ts";

Deno.test("reception: answers go to the records in the order in which they were sent", () => {
  const shop = new Shop({ items: ["a", "b"], jobs: 1 });
  shop.feed();
  const [worker] = shop.workers;
  shop.answers(worker, "A");
  assertEquals(shop.entries, []);
  shop.answers(worker, " x\n");
  shop.feed();
  shop.answers(worker, "\n");
  assertEquals(shop.entries, ["value 1 A x", "value 2 "]);
  assertEquals([shop.reception.answered, worker.answered], [2, 2]);
});

Deno.test("reception: an answer that nobody asked for ends everything: earlier ones may be wrong", () => {
  const shop = new Shop({ items: ["a"], jobs: 1 });
  shop.feed();
  assertThrows(() => shop.answers(shop.workers[0], "A\nA2\n"), ImpError, "more than one line");
  assertEquals(shop.entries, ["value 1 A"]);
});

Deno.test("reception: the last line of one that ended well needs no end", () => {
  const shop = new Shop({ items: ["a"], jobs: 1 });
  shop.feed();
  const [worker] = shop.workers;
  shop.staff.reads(worker);
  shop.staff.write(worker, "A");
  assert(!shop.ends(worker, 0));
  assertEquals(shop.entries, ["value 1 A"]);
});

Deno.test("reception: a death is charged to the record that was begun, whose half answer is none", () => {
  const shop = new Shop({ items: ["a"], jobs: 1 });
  shop.feed();
  const [worker] = shop.workers;
  shop.staff.reads(worker);
  shop.staff.write(worker, "A");
  shop.ends(worker, "KILL");
  assertEquals(shop.entries, ["failed 1 itself: worker 1 (pid 1001): killed by KILL"]);
  assert(shop.foreman.isDone);
});

Deno.test("reception: records that it had not begun go to the next worker, in order", () => {
  const shop = new Shop({ items: ["a", "b", "c", "d"], jobs: 1, ahead: 8 });
  shop.feed();
  const [worker] = shop.workers;
  shop.staff.reads(worker);
  shop.answers(worker, "A\n");
  worker.pace.answered(50, worker.since);
  shop.feed();
  assertEquals(worker.flight.length, 3);
  // It dies while it works on b, and has read no more.
  const read = shop.staff.reads(worker);
  assertEquals(read, "b\nc\nd\n");
  shop.ends(worker, 3);
  assertEquals(shop.entries.at(-1), "failed 2 itself: worker 1 (pid 1001): exit 3");
  shop.feed();
  const [next] = shop.workers;
  assertEquals(shop.staff.reads(next), "c\n");
});

Deno.test("reception: one that ends well without having answered has failed its record", () => {
  const shop = new Shop({ items: ["a"], jobs: 1 });
  shop.feed();
  const [worker] = shop.workers;
  shop.staff.reads(worker);
  shop.ends(worker, 0);
  assertEquals(shop.entries, [
    "failed 1 no answer: worker 1 (pid 1001): ended without answering it",
  ]);
});

Deno.test("reception: one that ends well after some answers may have read ahead: the record is spared once", () => {
  const shop = new Shop({ items: ["a", "b"], jobs: 1 });
  for (let life = 1; life <= 2; life++) {
    shop.feed();
    const [worker] = shop.workers;
    if (life === 1) {
      shop.answers(worker, "A\n");
      shop.feed();
    } else worker.answered = 1;
    shop.staff.reads(worker);
    shop.ends(worker, 0);
    assertEquals(shop.entries.length, life, `life ${life}`);
  }
  assertEquals(
    shop.entries[1],
    "failed 2 no answer: worker 2 (pid 1002): ended without answering it",
  );
});

Deno.test("reception: five in a row that read nothing: no worker of this program lives", () => {
  const shop = new Shop({ items: ["a"], jobs: 1 });
  const die = () => {
    shop.feed();
    shop.ends(shop.workers[0], 7);
  };
  for (let i = 0; i < 4; i++) die();
  assertThrows(die, ImpError, "5 workers in a row ended without having read a record");
  assertEquals(shop.entries, []);
  assertEquals(shop.warnings, ["worker 1 (pid 1001) ended while it had nothing to do: exit 7"]);
});

Deno.test("reception: an answer in between, and the count begins anew", () => {
  const shop = new Shop({ items: Array.from({ length: 5 }, () => "a"), jobs: 1 });
  for (let round = 0; round < 4; round++) {
    for (let i = 0; i < 4; i++) {
      shop.feed();
      shop.ends(shop.workers[0], 7);
    }
    shop.feed();
    const [worker] = shop.workers;
    shop.answers(worker, "A\n");
    shop.ends(worker, 0);
  }
  assertEquals(shop.entries.length, 4);
});

Deno.test("reception: a record whose time was up fails for that, unless it was answered after all", () => {
  const shop = new Shop({ items: ["a", "b"], jobs: 2 });
  shop.feed();
  const [slow, quick] = shop.workers;
  for (const worker of [slow, quick]) {
    shop.staff.reads(worker);
    worker.late = worker.flight[0].attempt;
  }
  shop.staff.write(quick, "B\n");
  for (const worker of [slow, quick]) shop.ends(worker, "KILL");
  assertEquals(shop.entries, [
    "failed 1 timeout: worker 1 (pid 1001): its time was up",
    "value 2 B",
  ]);
});

Deno.test("reception: with retries a record waits until nobody is left of its worker's tree", () => {
  const shop = new Shop({
    items: ["a"],
    jobs: 1,
    pool: { retry: {} as never },
  });
  shop.staff.processes.leftovers = true;
  shop.feed();
  const [worker] = shop.workers;
  shop.staff.reads(worker);
  assert(shop.ends(worker, 1));
  assertEquals([shop.entries, shop.staff.trees.begun], [[], [1001]]);
  assert(!shop.foreman.isDone);
  shop.staff.trees.empty();
  assertEquals(shop.entries, ["failed 1 itself: worker 1 (pid 1001): exit 1"]);
  assertEquals(shop.staff.released, [worker]);
});

Deno.test("reception: trouble is remembered when one ends badly after all was done", () => {
  for (const [how, troubled] of [[0, false], [1, true], ["KILL", true]] as const) {
    const shop = new Shop({ items: ["a"], jobs: 1 });
    shop.feed();
    const [worker] = shop.workers;
    shop.staff.reads(worker);
    shop.answers(worker, "A\n");
    shop.foreman.dismiss();
    shop.ends(worker, how);
    assertEquals(shop.reception.troubled, troubled, String(how));
  }
});

Deno.test("reception: when it has been stopped, nothing that comes counts", () => {
  const shop = new Shop({ items: ["a"], jobs: 1 });
  shop.feed();
  const [worker] = shop.workers;
  shop.reception.stop();
  shop.answers(worker, "A\n");
  shop.ends(worker, 1);
  assertEquals([shop.entries, shop.reception.answered], [[], 0]);
});
