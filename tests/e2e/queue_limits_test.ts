// Limits of servers, and clients that get into each other's way: one sentence each, and nothing lost.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { eventually, exists, impBinary } from "./harness.ts";
import { e2eWithNats } from "./nats.ts";
import { drain, listed, TestWorker } from "./queue_run.ts";

e2eWithNats("a job that does not fit a message fails, and others run", async (box, server) => {
  const worker = new TestWorker(box, server);
  Deno.writeTextFileSync(box.path("items"), `a\n${"x".repeat(100_000)}\nb\n`);
  const { code, stdout, stderr } = await box.imp(
    ["pool", "--on", server.url, "-k", "-a", "items", "--", "printf", "%.3s\\n"],
  );
  assertEquals([code, stdout], [1, "a\nb\n"]);
  assertMatch(stderr, /job 2 failed .*: cannot submit it: .*10\d{4} bytes.*max_payload/);
  assertEquals((await listed(box, server))[0].order, "go on");
  // The record of an end has the job in it, and its output.
  const long = "x".repeat(50_000);
  const printing = await box.imp([
    ...["pool", "-q", "-k", "--on", server.url, "sh", "-c", "head -c $2 /dev/zero", "sh"],
    ...[long, "{}", ":::", "30000", "60000", "300000"],
  ]);
  assertEquals([printing.code, printing.stdout.length, printing.stderr], [0, 390_000, ""]);
  const answer = box.script(
    "answer",
    "#!/bin/sh\nwhile read n; do head -c $n /dev/zero | tr '\\0' x; echo; done\n",
  );
  const answering = await box.imp(
    ["pool", "-q", "-k", "--on", server.url, "--workers", answer, ":::", "10", "200000"],
  );
  assertEquals([answering.code, answering.stdout.length, answering.stderr], [0, 200_012, ""]);
  assertEquals(await worker.end(), 0);
}, { config: "max_payload: 65536" });

e2eWithNats("a queue that is full holds the pool back, and loses nothing", async (box, server) => {
  await drain(box, server);
  const item = "x".repeat(50_000);
  Deno.writeTextFileSync(
    box.path("items"),
    Array.from({ length: 150 }, (_, i) => `${i} ${item}\n`).join(""),
  );
  const script = `exec "$IMP" pool --on ${server.url} -k -a items -- printf '%.3s\\n' >out 2>err`;
  const pool = box.sh(script);
  const text = (name: string) =>
    exists(box.path(name)) ? Deno.readTextFileSync(box.path(name)) : "";
  await eventually(
    () => /the queue is full .*; waiting/.test(text("err")),
    () => text("err"),
  );
  const worker = new TestWorker(box, server);
  assertEquals([(await pool).code, text("err")], [0, text("err")]);
  const expected = Array.from({ length: 150 }, (_, i) => `${i} x`.slice(0, 3));
  assertEquals(text("out"), `${expected.join("\n")}\n`);
  assertEquals(await worker.end(), 0);
}, { maxStore: "16MB" });

e2eWithNats("of two pools with one run the second is refused", async (box, server) => {
  await drain(box, server);
  const { stdout } = await box.imp([
    "pool",
    "--on",
    server.url,
    "--detach",
    "true",
    ":::",
    "a",
    "b",
  ]);
  const run = stdout.trim();
  const attach = () => box.imp(["pool", "--on", server.url, "--attach", run]);
  const first = attach();
  await eventually(async () => (await listed(box, server))[0].attached, "the first pool");
  const second = await attach();
  assertEquals([second.code, second.stdout], [125, ""]);
  assertMatch(second.stderr, /cannot attach to run \S+: another imp pool prints it, PID \d+ on/);
  await drain(box, server);
  const { code, stderr } = await first;
  assertEquals(code, 0, stderr);
  const none = await box.imp(["pool", "--on", server.url, "--attach", "nothing"]);
  assertEquals(none.code, 125);
  assertMatch(none.stderr, /queue default has no such run/);
});

e2eWithNats("what a pool cannot do with a queue is reported at once", async (box, server) => {
  const told = async (...words: string[]) => {
    const { code, stderr } = await box.imp(["pool", ...words], { env: { NATS_URL: "" } });
    return `${code} ${stderr}`;
  };
  assertMatch(await told("--on", "nats://", "true", ":::", "a"), /^2 .*names no server/);
  assertMatch(
    await told("--on", "nats://me:s3cret@a", "true", ":::", "a"),
    /^2 .*credentials, which ps/,
  );
  assertMatch(
    await told("--on", server.url, "--queue", "*", "true", ":::", "a"),
    /^2 .*valid name of a queue/,
  );
  for (const run of ["a.b", "", "*", "x".repeat(33)]) {
    assertMatch(await told("--on", server.url, "--attach", run), /^2 .*valid name of a run/);
  }
  assertMatch(await told("--on", server.url, "--attach", "none"), /^125 .*no such run/);
  const none = "nats://127.0.0.1:1";
  assertMatch(await told("--on", none, "true", ":::", "a"), /^125 .*ECONNREFUSED/s);
});

e2eWithNats(
  "a run that is removed by force ends its pool, and is not seen again",
  async (box, server) => {
    const worker = new TestWorker(box, server);
    await eventually(async () => (await server.monitor("/jsz"))?.consumers === 1, "the queue");
    const script =
      `exec "${impBinary()}" pool --on ${server.url} sh -c 'echo $1; sleep $1' x {} ::: 0 0 900 901 902 903`;
    const pool = box.sh(script);
    await eventually(async () => (await listed(box, server))[0]?.done === 2, "two jobs");
    const removed = await box.imp([
      "runs",
      "remove",
      "--force",
      "--yes",
      "--all",
      "--on",
      server.url,
    ]);
    assertEquals(removed.code, 0, removed.stderr);
    const { code, stdout, stderr } = await pool;
    assertEquals([code, stdout], [125, "0\n0\n"], stderr);
    assertMatch(stderr, /run \S+ was removed/);
    // What ran was ended, and nothing was recorded of it.
    assertEquals(await worker.end(), 0);
    assertEquals(await listed(box, server), []);
    assertEquals((await server.monitor("/jsz"))?.messages, 0);
  },
);

e2eWithNats("a run that is cancelled from outside ends its pool", async (box, server) => {
  const worker = new TestWorker(box, server);
  await eventually(async () => (await server.monitor("/jsz"))?.consumers === 1, "the queue");
  const script = `exec "${impBinary()}" pool --on ${server.url} sleep ::: 900 901 902 903`;
  const pool = box.sh(script);
  await eventually(async () => (await listed(box, server))[0]?.total === 4, "the jobs");
  await box.imp(["runs", "cancel", "--all", "--on", server.url]);
  const { code, stderr } = await pool;
  assertEquals(code, 4, stderr);
  assertMatch(stderr, /4 jobs: 0 succeeded, 4 failed/);
  assert(!stderr.includes("cancelled: cancelled"), stderr);
  const removal = await box.imp(["runs", "remove", "--all", "--on", server.url]);
  assertMatch(`${removal.code} ${removal.stderr}`, /^2 imp runs: this must be confirmed.*--yes/s);
  assertEquals(await worker.end(), 0);
});

e2eWithNats(
  "neither a run that is removed nor a pool that is interrupted takes jobs of others away",
  async (box, server) => {
    await drain(box, server);
    const detached = async (...items: string[]) => {
      const words = ["pool", "-q", "--on", server.url, "--detach", "echo", ":::", ...items];
      return (await box.imp(words)).stdout.trim();
    };
    const over = await detached("1");
    await drain(box, server);
    const kept = await detached("1", "2", "3"), removed = await detached("4");
    const high = ["pool", "-q", "--on", server.url, "--detach", "--priority", "high"];
    const urgent = (await box.imp([...high, "echo", ":::", "5", "6"])).stdout.trim();
    for (const run of [over, removed]) {
      const words = ["runs", "remove", "--force", "--yes", "--on", server.url, run];
      assertEquals((await box.imp(words)).code, 0);
    }
    for (const priority of ["normal", "high"]) {
      const child = box.start(
        ["pool", "-q", "--on", server.url, "--priority", priority, "echo", ":::", "7", "8"],
      );
      await eventually(
        async () =>
          (await listed(box, server)).some(({ attached, total }) => attached && total === 2),
        "the jobs of a pool",
      );
      child.kill("SIGINT");
      await child.status;
    }
    assertEquals((await drain(box, server)).code, 0);
    for (const run of [kept, urgent]) {
      assertEquals((await listed(box, server, "list", run))[0].state, "done");
    }
    for (const [run, expected] of [[kept, "1\n2\n3\n"], [urgent, "5\n6\n"]]) {
      const words = ["pool", "-q", "-k", "--on", server.url, "--attach", run];
      assertEquals((await box.imp(words)).stdout, expected);
    }
  },
);
