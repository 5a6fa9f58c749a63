// What a worker does with unexpected messages, and the limits that it keeps: rates, retention.
import { assertEquals, assertMatch } from "@std/assert";
import { encodeJob } from "../../src/queue/records.ts";
import { e2e, eventually, exists, isRoot } from "./harness.ts";
import { e2eWithNats } from "./nats.ts";
import { drain, jobPayload, listed, publishRaw, submit, TestWorker } from "./queue_run.ts";

e2eWithNats("a message that is none is dropped, and counted", async (box, server) => {
  await drain(box, server);
  for (const [i, data] of ["", "hello", '{"run":"x"}', "x".repeat(100_000)].entries()) {
    await publishRaw(server.url, `imp.default.job.run.${i + 1}`, data);
  }
  await publishRaw(server.url, "imp.default.job.no.number.at.all", "hello");
  const { code, stderr } = await drain(box, server);
  assertEquals(code, 0);
  assertMatch(stderr, /imp worker: dropped 5 messages in queue default that imp did not send\n/);
  assertEquals(/dropped/.test((await drain(box, server)).stderr), false);
});

e2eWithNats(
  "a job of another version of imp is left to others, and has a result at last",
  async (box, server) => {
    await drain(box, server);
    await submit(server.url, "run", [], { closed: false });
    const job = {
      once: false,
      hasInput: false,
      job: jobPayload(1, ["true"]),
      input: new Uint8Array(0),
    };
    const data = encodeJob(job);
    data[1]++;
    await publishRaw(server.url, "imp.default.job.run.1", data);
    const worker = new TestWorker(box, server, ["--allow-any", "--deliveries", "1"]);
    await eventually(async () => (await listed(box, server))[0].failed === 1, "its result");
    assertEquals(await worker.end(), 0);
    const [told] = await listed(box, server, "failures", "--given-up");
    assertEquals([told.result, told.error], ["given up", "another version of imp submitted it"]);
  },
);

e2eWithNats(
  "what a worker has not, or may not run, is the result of that job",
  async (box, server) => {
    await drain(box, server);
    await submit(server.url, "run", [["no-such"], ["sh", "-c", "echo no"], ["true"], [""]]);
    assertEquals((await drain(box, server, ["--allow", "true"])).code, 0);
    const told = await listed(box, server, "failures");
    assertEquals(told.map(({ job }) => job), [1, 2, 4]);
    assertMatch(told[0].error, /cannot find no-such: ENOENT/);
    assertMatch(told[1].error, /this worker does not allow it/);
    assertEquals((await listed(box, server))[0].state, "done");
  },
);

e2eWithNats("a worker says what it may run", async (box, server) => {
  const told = async (...words: string[]) => {
    const { code, stderr } = await box.imp(["worker", ...words]);
    return `${code} ${stderr}`;
  };
  assertMatch(await told("--on", server.url), /^2 .*--allow PROGRAM\|DIR, or use --allow-any/s);
  assertMatch(await told("--allow-any"), /^2 .*no source of jobs given/);
  assertMatch(await told("--on", "nats://", "--allow-any"), /^2 .*names no server/);
  assertMatch(await told("--on", server.url, "--queue", "a.>", "--allow-any"), /^2 .*valid name/);
  // They would make the worker give up jobs.
  const allowed = ["--on", server.url, "--drain", "--allow"];
  assertMatch(await told(...allowed, "/etc/passwd"), /^125 .*cannot execute \/etc\/passwd: EACCES/);
  assertMatch(await told(...allowed, "echo", "--user", "no-one"), /^125 .*find user 'no-one'/);
  assertMatch(await told(...allowed, "echo", "--workdir", "/no"), /^125 .*work in \/no: ENOENT/);
  if (!isRoot) return;
  Deno.mkdirSync(box.path("closed"), { mode: 0o700 });
  const closed = ["--user", "nobody", "--workdir", box.path("closed")];
  assertMatch(await told(...allowed, "echo", ...closed), /^125 .*work in .*closed: EACCES/);
});

e2eWithNats("a worker process that cannot begin has begun no job", async (box, server) => {
  if (!isRoot) box.skip("it needs root");
  const place = box.path("place");
  Deno.mkdirSync(place);
  for (const path of [box.directory, place]) Deno.chmodSync(path, 0o755);
  const first = box.start([
    ...["worker", "--on", server.url, "--allow-any", "--deliveries", "2", "--ack-wait", "2s"],
    ...["--user", "nobody", "--workdir", place],
  ], { stderr: "piped" });
  let said = "";
  const end = (async () => {
    for await (const text of first.stderr.pipeThrough(new TextDecoderStream())) said += text;
  })();
  await eventually(async () => (await server.monitor("/connz"))?.num_connections === 1, "a worker");
  // It was open when the worker began.
  Deno.chmodSync(place, 0o700);
  const pool = box.imp(["pool", "-q", "--on", server.url, "true", ":::", "a"]);
  await eventually(() => said.split("which had a job, has ended: exit 125").length > 3, () => said);
  Deno.chmodSync(place, 0o755);
  assertEquals((await pool).code, 0);
  first.kill("SIGTERM");
  assertEquals((await first.status).code, 0);
  await end;
});

e2eWithNats("jobs do not see the credentials of their worker", async (box, server) => {
  const env = { NATS_USER: "me", NATS_PASSWORD: "s3cret" };
  await box.imp(["worker", "--on", server.url, "--drain", "--allow-any"], { env });
  await submit(server.url.replace("://", "://me:s3cret@"), "run", [["sh", "-c", "env > env"]]);
  const { code } = await box.imp(["worker", "--on", server.url, "--drain", "--allow-any"], { env });
  assertEquals([code, exists(box.path("env"))], [0, true]);
  assertEquals(/NATS_|s3cret/.test(Deno.readTextFileSync(box.path("env"))), false);
}, { config: "authorization { user: me, password: s3cret }" });

e2eWithNats("workers keep to the rate of their queue, all together", async (box, server) => {
  await drain(box, server);
  await box.imp(["runs", "set", "--rate", "5/s", "--on", server.url]);
  await submit(
    server.url,
    "run",
    Array.from({ length: 8 }, () => ["sh", "-c", "date +%s%N >> starts"]),
  );
  const workers = [1, 2].map(() => new TestWorker(box, server, ["--allow-any", "-j", "8"]));
  const starts = () =>
    exists(box.path("starts"))
      ? Deno.readTextFileSync(box.path("starts")).trim().split("\n").map(Number).sort((a, b) =>
        a - b
      )
      : [];
  await eventually(() => starts().length === 8, "all jobs");
  const all = starts();
  // Eight starts have seven gaps of 200 ms between them; the first process may have been slow.
  assertEquals((all[7] - all[0]) / 1e6 > 1000, true, String(all));
  // What waits for its turn starts at once when the rate is removed.
  await box.imp(["runs", "set", "--rate", "1/h", "--on", server.url]);
  await submit(server.url, "next", Array.from({ length: 5 }, () => ["true"]));
  await eventually(
    async () => (await listed(box, server, "list", "next"))[0].done >= 1,
    "the first",
  );
  await box.imp(["runs", "set", "--rate", "none", "--on", server.url]);
  await eventually(
    async () => (await listed(box, server, "list", "next"))[0].done === 5,
    "the rest",
  );
  for (const worker of workers) assertEquals(await worker.end(), 0);
});

e2eWithNats(
  "a worker that waits for its turn leaves at once, and gives back what it has",
  async (box, server) => {
    await drain(box, server, ["--allow-any", "--ack-wait", "2s"]);
    await box.imp(["runs", "set", "--rate", "1/h", "--on", server.url]);
    await submit(server.url, "run", Array.from({ length: 4 }, () => ["true"]));
    const worker = new TestWorker(box, server, ["--allow-any", "-j", "4"]);
    await eventually(async () => (await listed(box, server))[0].done === 1, "the first job");
    assertEquals(await worker.end(), 0);
    await box.imp(["runs", "set", "--rate", "none", "--on", server.url]);
    // nats-server 2.9 keeps some of what was given back until its time to be acknowledged is over.
    await eventually(async () => {
      await drain(box, server);
      return (await listed(box, server))[0].state === "done";
    }, "others do them");
    assertEquals((await listed(box, server))[0].failed, 0);
  },
);

e2eWithNats("a worker removes what is too much by itself", async (box, server) => {
  await drain(box, server);
  for (const run of ["a", "b"]) {
    await submit(server.url, run, [["head", "-c", "200000", "/dev/zero"]]);
    await drain(box, server);
  }
  const worker = new TestWorker(box, server);
  await box.imp(["runs", "set", "--keep-size", "300K", "--on", server.url]);
  await eventually(async () => (await listed(box, server)).length === 1, "one run");
  assertEquals((await listed(box, server))[0].run, "b");
  assertEquals(await worker.end(), 0);
});

e2e("a worker kept by imp start comes back, and goes on", async (box) => {
  const { NatsServer } = await import("./nats.ts");
  const server = new NatsServer(box, "nats");
  await server.start();
  const env = { IMP_HOME: box.path("home") };
  const imp = (...words: string[]) => box.imp(words, { env });
  const words = ["imp worker --on", server.url, "--allow-any -j 2 --ack-wait 2s"].join(" ").split(
    " ",
  );
  const started = await box.sh(`"$IMP" start work -- "$IMP" ${words.slice(1).join(" ")}`, { env });
  assertEquals(started.code, 0, started.stderr);
  await eventually(async () => (await server.monitor("/jsz"))?.consumers === 1, "the queue");
  await submit(
    server.url,
    "one",
    Array.from({ length: 3 }, () => ["sh", "-c", "echo $PPID >> who"]),
  );
  await eventually(async () => (await listed(box, server))[0].state === "done", "the first run");
  const pid = () => imp("status", "work", "--json").then(({ stdout }) => JSON.parse(stdout).pid);
  const before = await pid();
  Deno.kill(before, "SIGKILL");
  await submit(server.url, "two", Array.from({ length: 3 }, () => ["true"]));
  await eventually(
    async () => (await listed(box, server, "list", "two"))[0].state === "done",
    "the second run",
  );
  assertEquals(await pid() !== before, true);
  const stopped = await imp("stop", "work");
  assertEquals(stopped.code, 0, stopped.stderr);
  await imp("remove", "--logs", "work");
  await server.end();
}, ["nats-server"]);
