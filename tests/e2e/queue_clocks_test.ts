// Machines whose clocks differ: what is decided by time comes neither too early nor too late for the others.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { eventually, exists, impBinary } from "./harness.ts";
import { e2eWithNats, type NatsServer } from "./nats.ts";
import { drain, listed, submit } from "./queue_run.ts";

/** A script that runs imp with a clock that is ahead or behind, `+8d` or `-2h`, and writes its PID. */
function impAt(clock: string, server: NatsServer, words: string, pid = "pid"): string {
  const [command, ...rest] = words.split(" ");
  const imp = `exec "${impBinary()}" ${command} --on ${server.url} ${rest.join(" ")}`;
  // faketime itself stays, as its parent.
  return `export FAKETIME_DONT_FAKE_MONOTONIC=1; faketime -f ${clock} sh -c 'echo $$ >${pid}; ${imp}'`;
}

for (const clock of ["+8d", "-8d"]) {
  e2eWithNats(
    `a clock that is off by ${clock} removes no run before its age`,
    async (box, server) => {
      await drain(box, server);
      await submit(server.url, "run", [["echo", "kept"]]);
      await drain(box, server);
      const set = ["runs", "set", "--keep-age", "7d", "--on", server.url];
      assertEquals((await box.imp(set)).code, 0);
      const pruned = await box.sh(impAt(clock, server, "runs prune"));
      assertMatch(pruned.stdout, /^nothing to prune/);
      assertEquals((await box.sh(impAt(clock, server, "worker --drain --allow-any"))).code, 0);
      const list = await box.sh(impAt(clock, server, "runs list"));
      assertMatch(list.stdout, /^run +done .* - +\d+(?:\.\d+)?(?:ms|s) +echo kept$/m);
      const words = ["pool", "-q", "--on", server.url, "--attach", "run"];
      assertEquals((await box.imp(words)).stdout, "kept\n");
    },
  );
}

for (const [pool, worker] of [["+1h", "+0"], ["-1h", "+0"], ["+0", "+1h"], ["+0", "-1h"]]) {
  const clocks = `pool ${pool}, worker ${worker}`;
  e2eWithNats(`a delayed run begins in time, clocks: ${clocks}`, async (box, server) => {
    await drain(box, server);
    const started = performance.now();
    const words = "pool -q --not-before 3s touch ::: begun";
    const done = box.sh(impAt(pool, server, words));
    const working = box.sh(impAt(worker, server, "worker --allow-any -j1", "worker"));
    await eventually(() => exists(box.path("begun")), "the job");
    const seconds = (performance.now() - started) / 1000;
    assert(seconds >= 3, `after ${seconds} s`);
    assertEquals((await done).code, 0);
    const [{ state }] = await listed(box, server);
    assertEquals(state, "done");
    Deno.kill(Number(Deno.readTextFileSync(box.path("worker"))), "SIGTERM");
    await working;
  });
}

e2eWithNats("heartbeats and durations do not depend on the wall clock", async (box, server) => {
  const job = "sleep 3; echo done";
  const made = await box.sh(impAt("-1d", server, "worker --drain --allow-any --ack-wait 1s"));
  assertEquals(made.code, 0);
  Deno.writeTextFileSync(box.path("job"), job);
  const working = box.sh(impAt("+30d", server, "worker --allow-any -j1", "worker"));
  const words = `pool --joblog log sh job ::: a`;
  const { code, stdout } = await box.sh(impAt("-2h", server, words));
  assertEquals([code, stdout], [0, "done\n"]);
  const [, , start, seconds] = Deno.readTextFileSync(box.path("log")).split("\n")[1].split("\t");
  const ago = Date.now() / 1000 - 7200 - Number(start);
  assert(Math.abs(ago) < 60, `it started ${ago} s ago, by the pool's clock`);
  assert(Number(seconds) >= 3 && Number(seconds) < 60, seconds);
  Deno.kill(Number(Deno.readTextFileSync(box.path("worker"))), "SIGTERM");
  await working;
});
