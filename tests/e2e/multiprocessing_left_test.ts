// What the tasks of a pool have started ends with their worker, however that ends, while main goes on.
import { assertEquals } from "@std/assert";
import { e2e, type Sandbox } from "./harness.ts";

/** Programs that a task starts: they write their PID down before they become what they are. */
const PLAIN = [
  "exec sleep 1000",
  "exec setsid sleep 1000",
  "(sleep 1000 &)",
  "(setsid sleep 1000 &)",
];
/** This one is known as part of the worker's tree only as long as it is below the worker. */
const WITHOUT_ENVIRONMENT = "exec env -i setsid sh -c '(sleep 1000 &)'";

/** Prints how many processes the task has started, and how many of them are alive once the worker has ended. */
function program(box: Sandbox, commands: readonly string[], main: string): void {
  box.script(
    "left.ts",
    `import { Pool } from "imp:multiprocessing";
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const commands = ${JSON.stringify(commands)};

/** Programs whose directory is this one's: that is kept in all that they do to hide. */
function started(): number[] {
  return readdirSync("/proc").map(Number).filter((pid) => {
    try {
      return readlinkSync("/proc/" + pid + "/cwd") === process.cwd() &&
        readFileSync("/proc/" + pid + "/comm", "utf8") === "sleep\\n";
    } catch {
      return false;
    }
  });
}

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 120_000; !condition();) {
    if (Date.now() > deadline) throw new Error("not within 2 minutes");
    await sleep(10);
  }
}

export async function start(how: string): Promise<void> {
  for (const command of commands) spawn("sh", ["-c", command], { stdio: "ignore" });
  await until(() => started().length === commands.length);
  if (how === "exit") process.exit(3);
  if (how === "kill") process.kill(process.pid, "SIGKILL");
  if (how === "wait") await sleep(60_000);
}

export const nothing = () => {};

export async function main(): Promise<void> {
  const all = () => until(() => started().length === commands.length);
  const none = () => until(() => started().length === 0);
${main}
  console.log(started().length);
  process.exit(0);
}
`,
  );
}

async function leavesNothing(box: Sandbox): Promise<void> {
  const { stdout, stderr, code } = await box.imp(["run", "left.ts"]);
  assertEquals([stdout, stderr, code], ["0\n", "", 0]);
}

e2e("a pool that is terminated leaves nothing of what its tasks have started", async (box) => {
  program(
    box,
    [...PLAIN, WITHOUT_ENVIRONMENT],
    `
  const pool = new Pool(2);
  pool.applyAsync(start, ["wait"]);
  await all();
  pool.terminate();
  await pool.join();`,
  );
  await leavesNothing(box);
});

e2e("a pool at the end of its block leaves nothing of what its tasks have started", async (box) => {
  program(
    box,
    [...PLAIN, WITHOUT_ENVIRONMENT],
    `
  {
    await using pool = new Pool(2);
    await pool.apply(start, [""]);
  }`,
  );
  await leavesNothing(box);
});

e2e("a pool that is closed leaves nothing of what its tasks have started", async (box) => {
  program(
    box,
    [...PLAIN, WITHOUT_ENVIRONMENT],
    `
  const pool = new Pool(2);
  await pool.apply(start, [""]);
  pool.close();
  await pool.join();`,
  );
  await leavesNothing(box);
});

e2e("a worker that is replaced takes along what its task has started", async (box) => {
  program(
    box,
    [...PLAIN, WITHOUT_ENVIRONMENT],
    `
  const pool = new Pool(1, { maxTasksPerChild: 1 });
  await pool.apply(start, [""]);
  await none();
  await pool.apply(nothing);`,
  );
  await leavesNothing(box);
});

for (
  const [how, says, commands] of [
    ["exit", "left with exit status 3", [...PLAIN, WITHOUT_ENVIRONMENT]],
    ["kill", "was killed by KILL", PLAIN],
  ] as const
) {
  e2e(`a worker that ${says} takes along what its task has started`, async (box) => {
    program(
      box,
      commands,
      `
  const pool = new Pool(1);
  const error = await pool.apply(start, [${JSON.stringify(how)}]).catch((error) => error);
  if (!error.message.includes(${JSON.stringify(says)})) throw error;
  await none();
  await pool.apply(nothing);
  pool.close();
  await pool.join();`,
    );
    await leavesNothing(box);
  });
}

e2e("what a worker starts in its very last moment ends with the program", async (box) => {
  box.script(
    "last.ts",
    `import { Pool } from "imp:multiprocessing";
import { spawn } from "node:child_process";
export function leave(): void {
  // The worker may have looked already when it comes to this.
  process.on("exit", () => {
    spawn("sleep", ["1000"], { stdio: "ignore", detached: true });
  });
}
export async function main(): Promise<void> {
  const pool = new Pool(1);
  await pool.apply(leave);
  pool.close();
  await pool.join();
}
`,
  );
  const { stderr, code } = await box.imp(["run", "last.ts"]);
  assertEquals([stderr, code], ["", 0]);
  assertEquals(box.processes(), []);
});

e2e(
  "a pool whose tasks have started nothing ends without a look at other processes",
  async (box) => {
    box.script(
      "quick.ts",
      `import { Pool } from "imp:multiprocessing";
export const nothing = () => {};
export async function main(): Promise<void> {
  await using pool = new Pool(2);
  await pool.apply(nothing);
}
`,
    );
    await box.sh(`strace -f -e trace=open,openat -o trace "$IMP" run quick.ts`);
    const opened = Deno.readTextFileSync(box.path("trace"));
    assertEquals(opened.match(/"\/proc\/\d+\/(?:environ|stat)"/g) ?? [], []);
    assertEquals(opened.match(/"\/proc"/g) ?? [], []);
  },
  ["strace"],
);
