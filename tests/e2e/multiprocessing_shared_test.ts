import { assertEquals, assertMatch } from "@std/assert";
import { e2e } from "./harness.ts";

const FIXTURES = new URL("../fixtures/multiprocessing", import.meta.url).pathname;

e2e(
  "what processes and threads share holds all that it promises, in imp's executable",
  async (box) => {
    const { stdout, code } = await box.imp(["run", `${FIXTURES}/shared_checks.ts`]);
    assertEquals([stdout, code], ["17 checks, 0 failed\n", 0]);
  },
);

const THREADS = `
import { Thread } from "imp";
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
export async function t1() { console.log("123"); await sleep(300); console.log("end123"); }
export async function t2() { console.log("456"); await sleep(900); console.log("end456"); }
export async function isDone() { console.log(process.pid, "is running"); await sleep(60_000); console.log("is done"); }
`;

e2e("a daemon thread alone is cut off when main's code has ended", async (box) => {
  const main = box.script(
    "daemon.ts",
    `${THREADS}
export async function main() {
  const thread = new Thread({ target: isDone, daemon: true });
  thread.start();
  await sleep(500);
  console.log("main");
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
  console.log("main-------");
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
    `import { Thread } from "imp";
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
