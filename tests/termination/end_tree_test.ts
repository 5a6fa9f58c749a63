import { assert, assertEquals } from "@std/assert";
import { endTree } from "../../src/termination/end_tree.ts";
import { listTree } from "../../src/termination/signal_tree.ts";
import { spawn } from "../../src/libc/processes/spawn.ts";
import { tryWait, waitFor } from "../../src/libc/processes/wait.ts";

/** Starts a shell script in a session of its own. */
function start(script: string): number {
  const pid = spawn({
    path: "/bin/sh",
    argv: ["sh", "-c", script],
    env: ["PATH=/usr/bin:/bin"],
    newSession: true,
  });
  assert(pid > 0);
  return pid;
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 120_000;
  while (!condition()) {
    assert(performance.now() < deadline, "not within 2 minutes");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

Deno.test("endTree: a willing tree ends at once, whatever the grace", async () => {
  const pid = start("sleep 300 & (sleep 301 & wait) & wait");
  await until(() => listTree({ roots: [pid] }).length === 4);
  const begin = performance.now();
  const ended = await endTree({ sessions: [pid] }, { graceMs: 900_000, reap: () => tryWait(pid) });
  assertEquals(ended, { killed: [], left: [], refused: [] });
  assert(performance.now() - begin < 300_000);
});

Deno.test("endTree: stopped processes end, stubborn ones are killed and named", async () => {
  const pid = start(
    'sh -c "trap \\"\\" TERM; while :; do sleep 0.05; done" & sleep 300 & kill -STOP $!; wait',
  );
  await until(() => listTree({ sessions: [pid] }).some(({ state }) => state === "T"));
  await until(() => listTree({ sessions: [pid] }).length >= 4);
  const { killed, left } = await endTree({ sessions: [pid] }, {
    graceMs: 200,
    reap: () => tryWait(pid),
  });
  assertEquals(left, []);
  assert(killed.some(({ comm }) => comm === "sh"));
  assertEquals(listTree({ sessions: [pid] }), []);
});

Deno.test("endTree: an empty tree is no work", async () => {
  const pid = start("exit 0");
  waitFor(pid);
  assertEquals(await endTree({ roots: [pid], groups: [pid] }, { graceMs: 1000 }), {
    killed: [],
    left: [],
    refused: [],
  });
});
