import { assert, assertEquals, assertThrows } from "@std/assert";
import { ImpError } from "../../../src/base/errors.ts";
import { Workshop } from "./workshop.ts";

const told = (shop: Workshop) => shop.workers.map((worker) => shop.processes.reads(worker));

Deno.test("dispatcher: each worker gets one record, and no more are started than there are records", () => {
  const many = new Workshop({ items: ["a", "b", "c"], jobs: 2 });
  many.feed();
  assertEquals(told(many), ["a\n", "b\n"]);
  assertEquals([many.dispatcher.busy, many.dispatcher.isDone], [2, false]);
  many.feed();
  assertEquals(told(many), ["", ""]);
  const few = new Workshop({ items: ["a"], jobs: 4 });
  few.feed();
  assertEquals(told(few), ["a\n"]);
});

Deno.test("dispatcher: a worker that has answered gets the next one; then all is done", () => {
  const shop = new Workshop({ items: ["a", "b"], jobs: 1 });
  shop.feed();
  const [worker] = shop.workers;
  shop.answers(worker, "A\n");
  assert(!shop.dispatcher.isDone);
  shop.feed();
  assertEquals(shop.processes.reads(worker), "a\nb\n");
  shop.answers(worker, "B\n");
  assertEquals([shop.dispatcher.busy, shop.dispatcher.isDone], [0, true]);
  assert(!worker.transport.inputClosed);
  shop.dispatcher.dismiss();
  assert(worker.transport.inputClosed);
});

Deno.test("dispatcher: records that were given back go first, and are all that may go when no new one may", () => {
  const shop = new Workshop({ items: ["a", "b", "new"], jobs: 2 });
  shop.feed();
  for (const worker of shop.workers) shop.ends(worker, "KILL");
  // Nothing was read: no record is charged with it.
  assertEquals(shop.entries, []);
  shop.mayGive = "none";
  shop.feed();
  assertEquals(shop.workers.length, 0);
  shop.mayGive = "old";
  shop.feed();
  assertEquals(told(shop), ["a\n", "b\n"]);
  for (const worker of shop.workers) shop.answers(worker, "x\n");
  shop.feed();
  assertEquals(told(shop), ["", ""]);
  shop.mayGive = "all";
  shop.feed();
  assertEquals(told(shop), ["new\n", ""]);
});

Deno.test("dispatcher: nothing is given out while the machine is too busy; it is asked again a second later", () => {
  let may = false;
  const shop = new Workshop({ items: ["a"], pool: { mayStart: () => may } });
  shop.feed(100);
  assertEquals([shop.workers.length, shop.dispatcher.due(100)], [0, 1100]);
  may = true;
  shop.feed(1099);
  assertEquals(shop.workers.length, 0);
  shop.feed(1100);
  assertEquals(told(shop), ["a\n"]);
});

Deno.test("dispatcher: --delay goes between two records", () => {
  const shop = new Workshop({ items: ["a", "b"], pool: { delay: 500 } });
  shop.feed(0);
  assertEquals([told(shop), shop.dispatcher.due(0)], [["a\n"], 500]);
  shop.feed(499);
  assertEquals(shop.workers.length, 1);
  shop.feed(500);
  assertEquals(told(shop), ["", "b\n"]);
});

Deno.test("dispatcher: who cannot be started now is tried again, with one warning, and not forever", () => {
  const shop = new Workshop({ items: ["a", "b"], jobs: 2 });
  const refusal = (errno: string) => new ImpError({ action: "start a worker", errno });
  shop.processes.refusal = refusal("EAGAIN");
  shop.feed(0);
  // The record waits where it was; the next look is a little later.
  assertEquals([shop.workers.length, shop.dispatcher.due(0)], [0, 100]);
  shop.feed(50);
  shop.feed(100);
  assertEquals(shop.warnings, ["cannot start a worker: EAGAIN; trying again"]);
  shop.processes.refusal = undefined;
  shop.feed(200);
  assertEquals(told(shop), ["a\n", "b\n"]);
  const hopeless = new Workshop({ items: ["a"] });
  hopeless.processes.refusal = refusal("EMFILE");
  hopeless.feed(0);
  hopeless.feed(1900);
  assertThrows(() => hopeless.feed(2000), ImpError, "EMFILE");
});

Deno.test("dispatcher: while somebody works, a refusal is waited out", () => {
  const shop = new Workshop({ items: ["a", "b"], jobs: 1 });
  shop.feed();
  shop.pool.jobLimit.value = 2;
  shop.processes.refusal = new ImpError({ action: "start a worker", errno: "EMFILE" });
  for (let now = 100; now < 100_000; now += 1000) shop.feed(now);
  assertEquals(told(shop), ["a\n"]);
});

Deno.test("dispatcher: a worker that has had its number of records ends after the last answer", () => {
  const shop = new Workshop({ items: ["a", "b", "c"], jobs: 1, maxTasks: 2 });
  shop.feed();
  const [worker] = shop.workers;
  shop.answers(worker, "A\n");
  shop.feed();
  assertEquals([shop.processes.reads(worker), worker.books.leaving, worker.transport.inputClosed], [
    "a\nb\n",
    true,
    false,
  ]);
  shop.answers(worker, "B\n");
  assert(worker.transport.inputClosed);
  shop.feed();
  assertEquals(worker.books.owed, 0);
  assert(!shop.ends(worker, 0));
  shop.feed();
  assertEquals(told(shop), ["c\n"]);
});

Deno.test("dispatcher: a record that cannot be sent fails, and the next one goes", () => {
  const shop = new Workshop({ items: ["two\nlines", "b"], jobs: 1 });
  shop.feed();
  assertEquals(told(shop), ["b\n"]);
  assertEquals(shop.entries, [
    "failed 1 start: the item holds what ends a record; use -0 or -d if the worker can read that",
  ]);
});

Deno.test("dispatcher: an eager pool starts one worker before anything has come, and only one", () => {
  const shop = new Workshop({ eager: true, greets: true });
  shop.feed();
  shop.feed();
  assertEquals(shop.workers.length, 1);
  // It may yet say that it cannot work.
  assert(!shop.dispatcher.isDone);
  shop.workers[0].books.ready = true;
  assert(shop.dispatcher.isDone);
});

Deno.test("dispatcher: one that says when it is ready gets nothing before", () => {
  const shop = new Workshop({ items: ["a", "b"], jobs: 2, greets: true });
  shop.feed();
  assertEquals([shop.workers.length, shop.dispatcher.busy], [1, 0]);
  shop.workers[0].books.ready = true;
  shop.feed();
  assertEquals(told(shop), ["a\n", ""]);
});

Deno.test("dispatcher: with fewer jobs those that are too many leave", () => {
  const shop = new Workshop({ items: ["a", "b", "c"], jobs: 3 });
  shop.feed();
  shop.pool.jobLimit.value = 1;
  shop.feed();
  assertEquals(shop.workers.map(({ books }) => books.leaving), [false, true, true]);
});

Deno.test("dispatcher: a full pipe is waited for, and the rest is sent then", () => {
  const long = "x".repeat(200_000);
  const shop = new Workshop({ items: [long], jobs: 1 });
  shop.feed();
  const [worker] = shop.workers;
  assert(shop.processes.watched.has(worker));
  let got = "";
  while (got.length <= long.length) {
    const more = shop.processes.reads(worker);
    assert(more.length > 0 || shop.processes.watched.has(worker));
    got += more;
    shop.processes.noticed.push([worker, "stdin"]);
    shop.collector.listen();
  }
  assertEquals(got, `${long}\n`);
  assert(!shop.processes.watched.has(worker));
});

Deno.test("dispatcher: one that does not read any more is given a while to end, and nothing else", () => {
  const shop = new Workshop({ items: ["a", "b"], jobs: 1 });
  shop.feed();
  const [worker] = shop.workers;
  shop.answers(worker, "A\n");
  shop.processes.closesStdin(worker);
  shop.feed();
  assertEquals([worker.books.leaving, worker.grace < Infinity], [true, true]);
});

Deno.test("dispatcher: when feeding stops nothing more is given out, and what runs is waited for", () => {
  const shop = new Workshop({ items: ["a", "b"], jobs: 1 });
  shop.feed();
  shop.dispatcher.stopFeeding();
  assert(!shop.dispatcher.isDone);
  shop.answers(shop.workers[0], "A\n");
  shop.feed();
  assertEquals([shop.dispatcher.isDone, shop.dispatcher.due(0), shop.dispatcher.wantsInput(0)], [
    true,
    Infinity,
    false,
  ]);
});
