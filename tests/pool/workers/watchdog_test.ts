import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { waitsForMore } from "../../../src/pool/workers/watchdog.ts";
import { eventually } from "../../e2e/harness.ts";
import { Workshop } from "./workshop.ts";

const TIMED = { timeLimit: 500, pool: { timeout: {} as never } };

Deno.test("watchdog: an idle worker is not looked at", () => {
  const shop = new Workshop({ items: ["a"], jobs: 1, ...TIMED });
  shop.feed();
  const [worker] = shop.workers;
  shop.answers(worker, "A\n");
  assertEquals(shop.watchdog.due(), Infinity);
  shop.watchdog.look(worker.since + 100_000, true);
  assertEquals([shop.warnings, worker.ending], [[], undefined]);
});

Deno.test("watchdog: a record whose time is up ends its worker, and is named as the late one", () => {
  const shop = new Workshop({ items: ["a"], jobs: 1, ...TIMED });
  shop.feed();
  const [worker] = shop.workers;
  assertEquals(shop.watchdog.due(), worker.since + 500);
  shop.watchdog.look(worker.since + 499, false);
  assertEquals(shop.processes.trees.begun, []);
  shop.watchdog.look(worker.since + 500, false);
  assertEquals(shop.processes.trees.begun, [worker.pid]);
  assertEquals(worker.late, worker.books.first!.attempt);
  // It is being ended: nothing more is due.
  assertEquals(shop.watchdog.due(), Infinity);
  shop.watchdog.look(worker.since + 5000, false);
  assertEquals(shop.processes.trees.begun, [worker.pid]);
});

Deno.test("watchdog: an answer that imp has not read yet is in time", () => {
  const shop = new Workshop({ items: ["a"], jobs: 1, ...TIMED });
  shop.feed();
  const [worker] = shop.workers;
  shop.processes.write(worker, "A\n");
  const now = worker.since + 600;
  shop.watchdog.look(now, false);
  assertEquals([worker.ending, worker.late, worker.since], [undefined, undefined, now]);
});

Deno.test("watchdog: with a limit of time a module has ten seconds, or the limit, to be loaded", () => {
  for (const [timeLimit, seconds] of [[500, 10], [20_000, 20], [Infinity, Infinity]]) {
    const timed = { ...TIMED, timeLimit };
    const shop = new Workshop({ items: ["a"], jobs: 1, greets: true, ...timed });
    shop.feed();
    const [worker] = shop.workers;
    shop.watchdog.look(worker.since + Math.min(seconds, 99) * 1000 - 1, false);
    assertEquals(worker.ending, undefined);
    shop.warnings.length = 0;
    shop.watchdog.look(worker.since + Math.min(seconds, 100) * 1000, false);
    const stuck = `worker 1 (pid 1001) has not loaded its module in ${seconds} s: it is ended`;
    assertEquals(shop.warnings, seconds < Infinity ? [stuck] : []);
    assertEquals([worker.isStuck, worker.late], [seconds < Infinity, undefined]);
  }
});

Deno.test("watchdog: one that has closed an end of its own has its grace, then it is ended", () => {
  const shop = new Workshop({ items: ["a"], jobs: 1 });
  shop.feed();
  const [worker] = shop.workers;
  shop.dispatcher.leaves(worker);
  assertEquals(shop.watchdog.due(), worker.heard + 1000);
  shop.watchdog.look(worker.grace - 1, true);
  assertEquals(shop.processes.trees.begun, []);
  shop.watchdog.look(worker.grace, true);
  assertEquals(shop.processes.trees.begun, [worker.pid]);
  assertEquals(shop.warnings, [
    "worker 1 (pid 1001) has closed its stdin or stdout but still runs: it is ended",
  ]);
});

Deno.test("watchdog: too much memory: it leaves after its record", () => {
  for (const [maxMemory, retiring] of [[1, true], [1e15, false]] as const) {
    const shop = new Workshop({ items: ["a"], jobs: 1, maxMemory, pids: [Deno.pid] });
    shop.feed();
    const [worker] = shop.workers;
    shop.watchdog.look(worker.since, true);
    assertEquals([worker.books.leaving, worker.transport.inputClosed], [retiring, false]);
    assertEquals(shop.watchdog.due(), worker.since + 50);
    shop.answers(worker, "A\n");
    assertEquals(worker.transport.inputClosed, retiring);
  }
});

Deno.test("watchdog: a long silence before any answer is worth one word", () => {
  const shop = new Workshop({ items: ["a", "b"], jobs: 2, pids: [Deno.pid, Deno.ppid] });
  shop.feed();
  const { since } = shop.workers[0];
  for (let second = 1; second <= 30; second++) shop.watchdog.look(since + 1000 * second, false);
  assertEquals(shop.warnings, [
    `worker 1 (pid ${Deno.pid}) has answered nothing for 10 s; still waiting`,
  ]);
  const loading = new Workshop({ eager: true, greets: true, pids: [Deno.pid] });
  loading.feed();
  loading.watchdog.look(since + 20_000, false);
  assertStringIncludes(loading.warnings[0], "has not loaded its module for 10 s");
  const answering = new Workshop({ items: ["a"], pids: [Deno.pid] });
  answering.feed();
  answering.watchdog.look(since + 20_000, true);
  assertEquals(answering.warnings, []);
});

Deno.test("watchdog: one that reads on although it owes an answer gets the end of its input", async () => {
  const cat = new Deno.Command("cat", { stdin: "piped", stdout: "null" }).spawn();
  try {
    const shop = new Workshop({ items: ["a", "b"], jobs: 1, pids: [cat.pid] });
    shop.feed();
    const [worker] = shop.workers;
    // It has not read its record yet: it may be about to.
    assertEquals(waitsForMore(worker), false);
    shop.processes.reads(worker);
    await eventually(() => waitsForMore(worker), "cat waits for input");
    Deno.kill(worker.pid, "SIGSTOP");
    await eventually(() => !waitsForMore(worker), "it is stopped");
    Deno.kill(worker.pid, "SIGCONT");
    await eventually(() => waitsForMore(worker), "it goes on waiting");
    shop.watchdog.look(worker.heard + 999, false);
    assert(!worker.transport.inputClosed);
    shop.watchdog.look(worker.heard + 1000, false);
    assert(worker.transport.inputClosed && worker.books.leaving);
    assertEquals(shop.warnings.length, 1);
    assertStringIncludes(shop.warnings[0], "seems to keep lines in a buffer");
    // Others of this program are looked at sooner, and without another word.
    worker.heard = 5000;
    assertEquals(shop.watchdog.due(), 5050);
  } finally {
    await cat.stdin.close();
    await cat.status;
  }
});

Deno.test("watchdog: trees that are being ended are looked at, in their own time", () => {
  const shop = new Workshop();
  shop.processes.trees.due = 77;
  assertEquals(shop.watchdog.due(), 77);
  shop.watchdog.look(77, false);
  assertEquals(shop.processes.trees.looks, 1);
});
