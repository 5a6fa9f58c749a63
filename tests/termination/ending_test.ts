import { assertEquals } from "@std/assert";
import { Ending } from "../../src/termination/ending.ts";
import { listTree } from "../../src/termination/signal_tree.ts";

/** Calls it as a loop does, until it is over. */
async function over(ending: Ending, ms = 120_000): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (performance.now() < deadline) {
    if (ending.advance(performance.now())) return true;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return false;
}

function start(script: string): Deno.ChildProcess {
  return new Deno.Command("bash", { args: ["-c", script], stdout: "piped", stdin: "null" }).spawn();
}

/** Reads until it is up. */
async function up(child: Deno.ChildProcess): Promise<void> {
  const reader = child.stdout.getReader();
  await reader.read();
  reader.releaseLock();
}

Deno.test({
  name: "ending: who is born after the signal is asked too, long before the next step",
  sanitizeResources: false,
  sanitizeOps: false,
  fn: async () => {
    // On TERM it leaves a child in its group and goes.
    const script = `trap 'sleep 61 & exit' TERM; echo up; while :; do sleep 0.02; done`;
    const child = new Deno.Command("setsid", {
      args: ["bash", "-c", script],
      stdout: "piped",
      stdin: "null",
    }).spawn();
    await up(child);
    const scope = () => ({ groups: [child.pid] });
    const ending = new Ending(scope, [{ signal: 15, wait: 900_000 }], performance.now());
    assertEquals(await over(ending), true);
    assertEquals(listTree(scope()), []);
    await child.status;
  },
});

Deno.test({
  name: "ending: the deaf are killed when it is hurried",
  sanitizeResources: false,
  sanitizeOps: false,
  fn: async () => {
    const child = start(`trap '' TERM; echo up; while :; do sleep 0.02; done`);
    await up(child);
    const ending = new Ending(
      () => ({ roots: [child.pid] }),
      [{ signal: 15, wait: 900_000 }],
      performance.now(),
    );
    assertEquals(ending.advance(performance.now()), false);
    ending.hurry(performance.now());
    assertEquals(await over(ending), true);
    assertEquals((await child.status).signal, "SIGKILL");
  },
});
