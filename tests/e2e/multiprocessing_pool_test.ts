import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { e2e, eventually, impBinary, isAlive, rounds, type Sandbox, SOON_MS } from "./harness.ts";
import { openShell } from "./terminal.ts";

const FIXTURES = new URL("../fixtures/multiprocessing", import.meta.url).pathname;
const CHECKS = 18;

/** A program of the user's, with what its workers do. */
function program(box: Sandbox, main: string): string {
  return box.script(
    "program.ts",
    `import { Pool } from "imp:multiprocessing";
export const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms, ms));
export const square = (n: number) => n * n;
export const boom = () => { throw new RangeError("too much"); };
export const forever = () => new Promise(() => {});
export const pid = () => process.pid;
export async function start(file: string) {
  const child = Bun.spawn(["sleep", "1000"]);
  await Bun.write(file, String(child.pid));
  await child.exited;
}
export async function main() {
${main}
}
`,
  );
}

e2e("a pool holds all that it promises, in imp's executable", async (box) => {
  const { stdout, stderr, code } = await box.imp(["run", `${FIXTURES}/pool_checks.ts`]);
  assertEquals([stdout, stderr, code], [`${CHECKS} checks, 0 failed\n`, "", 0]);
});

const TASKS = rounds(1000, 10_000);

e2e("a pool: a worker killed by -9 every 50 tasks: each is reported once", async (box) => {
  box.script(
    "kills.ts",
    `
import { Pool, WorkerDied } from "imp:multiprocessing";
import { appendFileSync } from "node:fs";
export function trace(n: number): number {
  appendFileSync("runs", n + "\\n");
  return n;
}
export async function main() {
  await using pool = new Pool(2);
  const reports: number[] = [], died: number[] = [];
  let kills = 0;
  await Promise.all(Array.from({ length: ${TASKS} }, async (_, n) => {
    try {
      if (await pool.apply(trace, [n]) !== n) throw new Error("another task's result");
    } catch (error) {
      if (!(error instanceof WorkerDied)) throw error;
      died.push(n);
    }
    reports.push(n);
    if (reports.length % 50 > 0) return;
    const { pids } = pool;
    try {
      process.kill(pids[reports.length % pids.length], "SIGKILL");
      kills++;
    } catch {}
  }));
  console.log(JSON.stringify({ reports, died, kills }));
}
`,
  );
  const { stdout, stderr } = await box.imp(["run", "kills.ts"]);
  assertEquals(stderr, "");
  const { reports, died, kills } = JSON.parse(stdout);
  assertEquals(reports.length, TASKS);
  assertEquals(new Set(reports).size, TASKS);
  assert(kills > TASKS / 70, `${kills} kills`);
  assert(died.length < kills, `${died.length} tasks died of ${kills} kills`);
  const runs = (await Deno.readTextFile(box.path("runs"))).trim().split("\n").map(Number);
  assertEquals(new Set(runs).size, runs.length, "a task was run twice");
  const lost = new Set(died);
  const done = new Set(runs);
  assertEquals(reports.filter((n: number) => !lost.has(n) && !done.has(n)), []);
});

e2e("a pool: Ctrl-C ends main with 130 and every worker", async (box) => {
  program(
    box,
    `
  const pool = new Pool(4);
  const tasks = Array.from({ length: 5 }, () => pool.applyAsync(sleep, [60_000]));
  await pool.map(pid, []);
  console.log("rea" + "dy");
  for (const task of tasks) await task.get();`,
  );
  const shell = openShell(box, ["bash", "--norc"]);
  try {
    shell.type(`"$IMP" run ${box.path("program.ts")}`);
    await eventually(() => shell.screen().includes("ready\r"), () => shell.screen());
    // The shell, main, its guard and four workers.
    await eventually(() => box.processes().length === 7, () => `${box.processes()}`);
    shell.type("\x03");
    await eventually(() => box.processes().length === 1, "only the shell is left");
    shell.type("echo co''de $?");
    await eventually(() => shell.screen().includes("code 1"), () => shell.screen());
    assertStringIncludes(shell.screen(), "code 130");
    assert(!/Error|worker \d/.test(shell.screen()), shell.screen());
  } finally {
    shell.type("exit");
    await shell.ended();
  }
});

e2e("a pool: at the end of main's code it is over, without a join", async (box) => {
  program(
    box,
    `
  const pool = new Pool(2);
  pool.applyAsync(sleep, [900_000]);
  console.log(await pool.apply(square, [3]));`,
  );
  const begin = performance.now();
  const { stdout, stderr, code } = await box.imp(["run", "program.ts"]);
  assertEquals([stdout, stderr, code], ["9\n", "", 0]);
  assert(performance.now() - begin < SOON_MS);
});

e2e("a pool: whoever waits for a result keeps main going, and nobody else", async (box) => {
  program(
    box,
    `
  const pool = new Pool(1);
  const result = pool.applyAsync(sleep, [300], { callback: (ms) => console.log("slept", ms) });
  console.log(await result.get());
  pool.applyAsync(sleep, [60_000], { callback: () => console.log("never") });`,
  );
  const { stdout, stderr, code } = await box.imp(["run", "program.ts"]);
  assertEquals([stdout, stderr, code], ["slept 300\n300\n", "", 0]);
});

e2e("a pool: an error that nobody catches shows where it was thrown", async (box) => {
  program(
    box,
    `
  const pool = new Pool(2);
  await pool.apply(boom);`,
  );
  const { stdout, stderr, code } = await box.imp(["run", "program.ts"]);
  assertEquals([stdout, code], ["", 1]);
  assertStringIncludes(stderr, "RangeError: too much");
  assertMatch(stderr, /Caused by: .*[\s\S]*boom .*program\.ts/);
});

e2e(
  "a pool: main is killed by -9: no worker is left, nor what a worker has started",
  async (box) => {
    program(
      box,
      `
  const pool = new Pool(2);
  const started = pool.applyAsync(start, ["grandchild"]);
  console.log("up");
  await started.get();`,
    );
    const main = new Deno.Command(impBinary(), {
      args: ["run", "program.ts"],
      cwd: box.directory,
      env: { IMP_TEST_TAG: box.tag },
      stdin: "null",
      stdout: "null",
    }).spawn();
    const text = () => Deno.readTextFile(box.path("grandchild")).catch(() => "");
    await eventually(async () => Number(await text()) > 0, "the task has started a program");
    const grandchild = Number(await text());
    assert(isAlive(grandchild));
    main.kill("SIGKILL");
    await main.status;
    await eventually(() => !isAlive(grandchild), "what the worker has started is ended");
    await eventually(() => box.processes().length === 0, "nothing is left");
  },
);

e2e("a pool: a task that waits forever says nothing when main is ended", async (box) => {
  program(
    box,
    `
  const pool = new Pool(1);
  const never = pool.applyAsync(forever);
  await never.wait(100);
  process.kill(process.pid, "SIGTERM");
  await never.get();`,
  );
  const { stdout, stderr, signal } = await box.imp(["run", "program.ts"]);
  assertEquals([stdout, stderr, signal], ["", "", "SIGTERM"]);
});

e2e("a pool that nobody refers to any more lets its workers go", async (box) => {
  program(
    box,
    `
  const pids: number[] = [];
  const gone = () => pids.filter((pid) => {
    try { process.kill(pid, 0); return false; } catch { return true; }
  }).length;
  for (let i = 0; i < 4; i++) {
    const pool = new Pool(1);
    pids.push(await pool.apply(pid) as number);
  }
  for (let i = 0; i < 3000 && gone() === 0; i++) {
    Bun.gc(true);
    await sleep(20);
  }
  console.log(gone() > 0 ? "gone" : "all are there");`,
  );
  const { stdout, stderr, code } = await box.imp(["run", "program.ts"]);
  assertEquals([stdout, stderr, code], ["gone\n", "", 0]);
});
