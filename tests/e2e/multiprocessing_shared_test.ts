import { assert, assertEquals, assertMatch } from "@std/assert";
import { e2e, e2eOfBinary } from "./harness.ts";

const FIXTURES = new URL("../fixtures/multiprocessing", import.meta.url).pathname;

e2e(
  "what processes and threads share holds all that it promises, in imp's executable",
  async (box) => {
    const { stdout, code } = await box.imp(["run", `${FIXTURES}/shared_checks.ts`]);
    assertEquals([stdout, code], ["27 checks, 0 failed\n", 0]);
  },
);

// From source: tests/contract/shared_program_test.ts.
e2eOfBinary(
  "what dicts and lists keep is got by any number of processes, each for itself",
  async (box) => {
    const { stdout, code } = await box.imp(["run", `${FIXTURES}/kept_checks.ts`]);
    assertEquals([stdout, code], ["10 checks, 0 failed\n", 0]);
  },
);

/** They wait for each other by means of files: how soon a thread begins depends on the machine. */
const THREADS = `
import { Thread } from "imp:multiprocessing";
import { existsSync, writeFileSync, writeSync } from "node:fs";
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
// Written at once: console.log of a thread waits for the end of its turn.
const say = (line: string) => { writeSync(1, line + "\\n"); writeFileSync(line.replace(/^\\d+ /, ""), ""); };
const said = async (line: string) => { while (!existsSync(line)) await sleep(5); };
export async function t1() { say("123"); await said("456"); await said("main-------"); say("end123"); }
export async function t2() { say("456"); await said("end123"); await sleep(50); say("end456"); }
export async function isDone() { say(process.pid + " is running"); await sleep(60_000); say("is done"); }
`;

e2e("a daemon thread alone is cut off when main's code has ended", async (box) => {
  const main = box.script(
    "daemon.ts",
    `${THREADS}
export async function main() {
  const thread = new Thread({ target: isDone, daemon: true });
  thread.start();
  await said("is running");
  say("main");
}`,
  );
  const { stdout, code } = await box.imp(["run", main]);
  assertMatch(stdout, /^\d+ is running\nmain\n$/);
  assertEquals(code, 0);
});

e2e("a daemon thread gets the time of one that is none", async (box) => {
  const main = box.script(
    "both.ts",
    `${THREADS}
export function main() {
  new Thread({ target: t1, daemon: true }).start();
  new Thread({ target: t2, daemon: false }).start();
  say("main-------");
}`,
  );
  const { stdout, code } = await box.imp(["run", main]);
  const lines = stdout.trim().split("\n");
  assertEquals([lines.slice(0, 3).sort(), lines.slice(3), code], [
    ["123", "456", "main-------"],
    ["end123", "end456"],
    0,
  ]);
});

e2e("an error in a thread: its name and its stack; the process goes on", async (box) => {
  const main = box.script(
    "error.ts",
    `import { Thread } from "imp:multiprocessing";
export function work() { throw new TypeError("broken"); }
export async function main() {
  const thread = new Thread({ target: work });
  thread.start();
  await thread.join();
  console.log("main goes on", thread.isAlive());
}`,
  );
  const { stdout, stderr, code } = await box.imp(["run", main]);
  assertEquals([stdout, code], ["main goes on false\n", 0]);
  assertMatch(
    stderr,
    /^Exception in thread Thread-1 \(work\):\nTypeError: broken\n\s+at work \(.*error\.ts:2:\d+\)\n$/,
  );
});

e2e(
  "a queue: consumers killed by -9 again and again lose no item and get none twice",
  async (box) => {
    const main = box.script(
      "kills.ts",
      `import { Process, Queue } from "imp:multiprocessing";
import { appendFileSync } from "node:fs";
export async function consume(queue: Queue<number>) {
  for (;;) {
    const item = await queue.get();
    if (item < 0) return;
    appendFileSync("got", item + "\\n");
  }
}
export async function main() {
  const queue = new Queue<number>();
  const start = () => {
    const child = new Process({ target: consume, args: [queue], daemon: true });
    child.start();
    return child;
  };
  const children = [start(), start()];
  let kills = 0, next = 0;
  const feed = async () => { for (; next < 20_000; next++) await queue.put(next); };
  const feeding = feed();
  while (kills < 12) {
    await new Promise((resolve) => setTimeout(resolve, 40));
    const i = kills % 2;
    children[i].kill();
    await children[i].join();
    children[i] = start();
    kills++;
  }
  await feeding;
  for (const _ of children) await queue.put(-1);
  for (const child of children) await child.join();
  console.log(kills);
}`,
    );
    const { stdout, stderr, code } = await box.imp(["run", main]);
    assertEquals([stderr, code], ["", 0]);
    const got = Deno.readTextFileSync(box.path("got")).trim().split("\n").map(Number);
    assertEquals(new Set(got).size, got.length, "an item came twice");
    // Each kill may have hit between receiving an item and noting it.
    const missing = 20_000 - got.length;
    assert(missing <= Number(stdout), `${missing} items are missing after ${stdout} kills`);
  },
);
