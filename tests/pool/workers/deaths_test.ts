import { assert, assertEquals, assertThrows } from "@std/assert";
import { ImpError } from "../../../src/base/errors.ts";
import { judgeDeath, type WorkerDeath } from "../../../src/pool/workers/deaths.ts";
import { Workshop } from "./workshop.ts";

const DEATH: WorkerDeath = {
  lengths: [4, 4, 4],
  unread: 8,
  ending: { how: "signal", signal: 9, core: false },
  answered: 5,
  exact: false,
  spared: false,
};
const WELL = { how: "exit", code: 0 } as const;

Deno.test("a worker's death is charged to the record that it had begun, and to no other", () => {
  const table: [what: string, death: Partial<WorkerDeath>, verdict: string][] = [
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

Deno.test("deaths: a death is charged to the record that was begun, whose half answer is none", () => {
  const shop = new Workshop({ items: ["a"], jobs: 1 });
  shop.feed();
  const [worker] = shop.workers;
  shop.processes.reads(worker);
  shop.processes.write(worker, "A");
  shop.ends(worker, "KILL");
  assertEquals(shop.entries, ["failed 1 itself: worker 1 (pid 1001): killed by KILL"]);
  assert(shop.dispatcher.isDone);
});

Deno.test("deaths: records that it had not begun go to the next worker, in order", () => {
  const shop = new Workshop({ items: ["a", "b", "c", "d"], jobs: 1, ahead: 8 });
  shop.feed();
  const [worker] = shop.workers;
  shop.processes.reads(worker);
  shop.answers(worker, "A\n");
  // Fast, however long its first answer took.
  for (let i = 0; i < 100; i++) worker.books.pace.answered(50, worker.heard);
  shop.feed();
  assertEquals(worker.books.owed, 3);
  // It dies while it works on b, and has read no more.
  const read = shop.processes.reads(worker);
  assertEquals(read, "b\nc\nd\n");
  shop.ends(worker, 3);
  assertEquals(shop.entries.at(-1), "failed 2 itself: worker 1 (pid 1001): exit 3");
  shop.feed();
  const [next] = shop.workers;
  assertEquals(shop.processes.reads(next), "c\n");
});

Deno.test("deaths: one that ends well without having answered has failed its record", () => {
  const shop = new Workshop({ items: ["a"], jobs: 1 });
  shop.feed();
  const [worker] = shop.workers;
  shop.processes.reads(worker);
  shop.ends(worker, 0);
  assertEquals(shop.entries, [
    "failed 1 no answer: worker 1 (pid 1001): ended without answering it",
  ]);
});

Deno.test("deaths: one that ends well after some answers may have read ahead: the record is spared once", () => {
  const shop = new Workshop({ items: ["a", "b"], jobs: 1 });
  for (let life = 1; life <= 2; life++) {
    shop.feed();
    const [worker] = shop.workers;
    if (life === 1) {
      shop.answers(worker, "A\n");
      shop.feed();
    } else worker.books.answered = 1;
    shop.processes.reads(worker);
    shop.ends(worker, 0);
    assertEquals(shop.entries.length, life, `life ${life}`);
  }
  assertEquals(
    shop.entries[1],
    "failed 2 no answer: worker 2 (pid 1002): ended without answering it",
  );
});

Deno.test("deaths: five in a row that read nothing: no worker of this program lives", () => {
  const shop = new Workshop({ items: ["a"], jobs: 1 });
  const die = () => {
    shop.feed();
    shop.ends(shop.workers[0], 7);
  };
  for (let i = 0; i < 4; i++) die();
  assertThrows(die, ImpError, "5 workers in a row ended without having read a record");
  assertEquals(shop.entries, []);
  assertEquals(shop.warnings, ["worker 1 (pid 1001) ended while it had nothing to do: exit 7"]);
});

Deno.test("deaths: five in a row that never were ready, seen by the end of a pipe first", () => {
  const shop = new Workshop({ items: ["a"], jobs: 1, greets: true });
  const die = () => {
    shop.feed();
    const [worker] = shop.workers;
    // Its end of the pipe is seen first.
    shop.dispatcher.leaves(worker);
    shop.ends(worker, 0);
  };
  for (let i = 0; i < 4; i++) die();
  assertThrows(die, ImpError, "5 workers in a row ended");
});

Deno.test("deaths: an answer in between, and the count begins anew", () => {
  const shop = new Workshop({ items: Array.from({ length: 5 }, () => "a"), jobs: 1 });
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

Deno.test("deaths: a record whose time was up fails for that, unless it was answered after all", () => {
  const shop = new Workshop({ items: ["a", "b"], jobs: 2 });
  shop.feed();
  const [slow, quick] = shop.workers;
  for (const worker of [slow, quick]) {
    shop.processes.reads(worker);
    worker.late = worker.books.first!.attempt;
  }
  shop.processes.write(quick, "B\n");
  for (const worker of [slow, quick]) shop.ends(worker, "KILL");
  assertEquals(shop.entries, [
    "failed 1 timeout: worker 1 (pid 1001): its time was up",
    "value 2 B",
  ]);
});

Deno.test("deaths: with retries a record waits until nobody is left of its worker's tree", () => {
  const shop = new Workshop({
    items: ["a"],
    jobs: 1,
    pool: { retry: {} as never },
  });
  shop.processes.leftovers = true;
  shop.feed();
  const [worker] = shop.workers;
  shop.processes.reads(worker);
  assert(shop.ends(worker, 1));
  assertEquals([shop.entries, shop.processes.trees.begun], [[], [1001]]);
  assert(!shop.dispatcher.isDone);
  shop.processes.trees.empty();
  assertEquals(shop.entries, ["failed 1 itself: worker 1 (pid 1001): exit 1"]);
  assertEquals(shop.processes.released, [worker]);
});

Deno.test("deaths: trouble is remembered when one ends badly after all was done", () => {
  for (const [how, troubled] of [[0, false], [1, true], ["KILL", true]] as const) {
    const shop = new Workshop({ items: ["a"], jobs: 1 });
    shop.feed();
    const [worker] = shop.workers;
    shop.processes.reads(worker);
    shop.answers(worker, "A\n");
    shop.dispatcher.dismiss();
    shop.ends(worker, how);
    assertEquals(shop.deaths.troubled, troubled, String(how));
  }
});
