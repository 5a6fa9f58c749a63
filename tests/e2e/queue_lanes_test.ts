// Runs that are more urgent than others, that only some workers take, that begin later.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { connect } from "@nats-io/transport-node";
import { eventually, exists, type Sandbox } from "./harness.ts";
import { e2eWithNats, type NatsServer } from "./nats.ts";
import { drain, listed, TestWorker } from "./queue_run.ts";

/** Submits jobs that write what they are called into a file, and leaves. @returns the run */
async function submitted(
  box: Sandbox,
  { url }: NatsServer,
  options: readonly string[],
  ...items: string[]
): Promise<string> {
  const script = 'echo "$0" >>order';
  const { code, stdout, stderr } = await box.imp(
    ["pool", "-q", "--on", url, "--detach", ...options, "sh", "-c", script, "{}", ":::", ...items],
  );
  assertEquals([code, stderr], [0, ""]);
  return stdout.trim();
}

function order(box: Sandbox): string[] {
  const path = box.path("order");
  return exists(path) ? Deno.readTextFileSync(path).split("\n").slice(0, -1) : [];
}

e2eWithNats("the higher priority is taken first, also after a pause", async (box, server) => {
  await submitted(box, server, ["--priority", "low"], "l1", "l2");
  await submitted(box, server, [], "n1", "n2");
  const high = await submitted(box, server, ["--priority", "high"], "h1", "h2");
  const runs = (...words: string[]) => box.imp(["runs", ...words, "--on", server.url]);
  await runs("pause", high);
  const one = ["--allow-any", "-j1"];
  assertMatch((await runs()).stdout, /^queue default: 6 waiting, 0 with workers/);
  assertEquals((await drain(box, server, one)).code, 0);
  assertEquals(order(box), ["n1", "n2", "l1", "l2"]);
  await submitted(box, server, ["--priority", "low"], "l3");
  assertMatch((await runs("resume", high)).stdout, /resumed, with 2 jobs that had been set aside/);
  assertEquals((await drain(box, server, one)).code, 0);
  assertEquals(order(box).slice(4), ["h1", "h2", "l3"]);
  // One that waits for all of them is served by each, and the pool prints what it does.
  const worker = new TestWorker(box, server, one);
  for (const priority of ["high", "low", "normal"]) {
    const { stdout } = await box.imp(
      ["pool", "-q", "--on", server.url, "--priority", priority, "-k", "echo", ":::", "a", "b"],
    );
    assertEquals(stdout, "a\nb\n");
  }
  await submitted(box, server, ["--priority", "low"], "f");
  await eventually(() => order(box).at(-1) === "f", "the last job");
  assertEquals(await worker.end(), 0);
  const states = (await listed(box, server)).map(({ state }) => state);
  assertEquals(new Set(states), new Set(["done"]));
  assertEquals((await runs("remove", "--all", "--yes")).code, 0);
  assertEquals((await server.monitor("/jsz")).messages, 0);
});

e2eWithNats("jobs that need a tag wait for a worker that has it", async (box, server) => {
  const run = await submitted(box, server, ["--needs", "gpu", "--priority", "low"], "g1");
  await submitted(box, server, [], "n1");
  assertEquals((await drain(box, server)).code, 0);
  const other = new TestWorker(box, server, ["--allow-any", "--tag", "cpu"]);
  await eventually(async () => (await server.monitor("/connz"))?.num_connections > 0, "it");
  const pool = await box.sh(
    `"$IMP" pool --on ${server.url} --needs gpu true ::: a 2>told &
     for i in $(seq 600); do grep -q "no worker" told && break; sleep 0.1; done
     kill -TERM $!; wait $!; cat told`,
  );
  assertMatch(
    pool.stdout,
    /no worker with tag gpu takes jobs of queue default: imp worker --on URL/,
  );
  const [facts] = await listed(box, server, "list", run);
  assertEquals([facts.served, facts.needs, facts.priority], [false, "gpu", "low"]);
  const { stdout } = await box.imp(["runs", "show", run, "--on", server.url]);
  assertMatch(stdout, /workers +no worker with tag gpu takes jobs of queue default/);
  assertEquals(order(box), ["n1"]);
  const gpu = new TestWorker(box, server, ["--allow-any", "--tag", "gpu", "--tag", "cpu"]);
  await eventually(() => order(box).length === 2, "its job");
  assertEquals(order(box), ["n1", "g1"]);
  // What it takes of all others, it still takes.
  await submitted(box, server, [], "n2");
  await eventually(() => order(box).length === 3, "a usual job");
  assertEquals([await other.end(), await gpu.end()], [0, 0]);
  // Jobs that are submitted again need it as well.
  const failed = await submitted(box, server, ["--needs", "gpu"], "g2");
  await box.imp(["runs", "cancel", failed, "--on", server.url]);
  const tagged = ["--allow-any", "--tag", "gpu"];
  assertEquals((await drain(box, server, tagged)).code, 0);
  const again = await box.imp(["runs", "retry", failed, "--on", server.url]);
  assertMatch(again.stdout, /1 job submitted again/);
  assertEquals((await listed(box, server)).at(-1)?.needs, "gpu");
  assertEquals((await drain(box, server, tagged)).code, 0);
  assertEquals(order(box).slice(3), ["g2"]);
});

e2eWithNats(
  "a run begins at its time, whoever was killed, and holds nobody up",
  async (box, server) => {
    const far = await submitted(box, server, ["--not-before", "9h"], "far");
    const run = await submitted(
      box,
      server,
      ["--not-before", "3s", "--priority", "high"],
      "d1",
      "d2",
    );
    const began = Date.now();
    await submitted(box, server, [], "n1");
    const first = new TestWorker(box, server, ["--allow-any", "--deliveries", "1"]);
    await eventually(() => order(box).includes("n1"), "the job behind them");
    Deno.kill(first.pid, "SIGKILL");
    await server.kill();
    await server.start();
    const second = new TestWorker(box, server, ["--allow-any", "--deliveries", "1"]);
    await eventually(() => order(box).length === 3, "the delayed jobs");
    assert(Date.now() - began > 2000, "they were begun early");
    assertEquals(order(box).sort(), ["d1", "d2", "n1"]);
    const [facts] = await listed(box, server, "list", far);
    assertEquals([facts.state, facts.parked], ["delayed", 1]);
    assert(Date.parse(facts.notBefore) > Date.now());
    const runs = (...words: string[]) => box.imp(["runs", ...words, "--on", server.url]);
    await runs("pause", far);
    assertMatch((await runs("resume", far)).stdout, /: resumed, not before \d{4}-/);
    assertMatch((await runs("cancel", far)).stdout, /: cancelled/);
    await eventually(async () => {
      return (await listed(box, server, "list", far))[0].state === "cancelled";
    }, "it to be cancelled");
    assertEquals((await listed(box, server, "list", run))[0].state, "done");
    // A pool that stays prints what comes then.
    const { stdout } = await box.imp(
      ["pool", "-q", "--on", server.url, "--not-before", "500ms", "-k", "echo", ":::", "a", "b"],
    );
    assertEquals(stdout, "a\nb\n");
    assertEquals(await second.end(), 0);
    await first.end();
  },
);

e2eWithNats("a run that would be forgotten before it begins is refused", async (box, server) => {
  const pool = (...words: string[]) =>
    box.imp(["pool", "-q", "--on", server.url, "--detach", ...words, "true", ":::", "a"]);
  const late = await pool("--not-before", "40d");
  assertEquals([late.code, late.stdout], [125, ""]);
  assertStringIncludes(late.stderr, "queue default forgets runs after 30 days, and jobs need one");
  assertEquals((await pool("--not-before", "99999999d")).code, 2);
  assertEquals(await listed(box, server), []);
  const kept = await box.imp(["runs", "--on", server.url, "set", "--keep-age", "30d"]);
  assertEquals(kept.code, 0, kept.stderr);
  assertEquals((await pool("--not-before", "40d")).code, 0);
  assertEquals((await listed(box, server)).map(({ state }) => state), ["delayed"]);
});

e2eWithNats("workers that see no priorities are reported", async (box, server) => {
  await drain(box, server);
  // What workers of imp 0.3 ask for, and nothing else.
  const nats = await connect({ servers: `127.0.0.1:${server.port}` });
  nats.subscribe("old");
  const asked = JSON.stringify({ batch: 1, expires: 60e9 });
  nats.publish("$JS.API.CONSUMER.MSG.NEXT.IMP_default_JOBS.workers", asked, { reply: "old" });
  await nats.flush();
  const run = await submitted(box, server, ["--priority", "high"], "a");
  const shown = await box.imp(["runs", "show", run, "--on", server.url]);
  const told =
    /no worker takes jobs of high priority of queue default: .*; the workers there are of imp 0\.3/;
  assertMatch(shown.stdout.replaceAll(/\s+/g, " "), told);
  const script = `exec "$IMP" pool --on ${server.url} --attach ${run} 2>told`;
  const pool = box.sh(script);
  await eventually(
    () => exists(box.path("told")) && told.test(Deno.readTextFileSync(box.path("told"))),
    "the pool",
  );
  // A newer worker is not one of those.
  assertEquals((await drain(box, server)).code, 0);
  assertEquals((await pool).code, 0);
  await nats.close();
});
