// imp pool --on --attach: a run that other pools have printed in part counts as a whole.
import { assertEquals, assertMatch } from "@std/assert";
import { connect } from "@nats-io/transport-node";
import { jetstreamManager } from "@nats-io/jetstream";
import { QueueSubjects, streamsOf } from "../../src/queue/names.ts";
import { NumberRanges } from "../../src/queue/ranges.ts";
import { decodeRunSettled, encodeRunSettled } from "../../src/queue/run_records.ts";
import { e2e, eventually, exists, wordsOf } from "./harness.ts";
import { e2eWithNats } from "./nats.ts";
import { drain, listed, publishRaw, submit, TestWorker } from "./queue_run.ts";

const SUBJECTS = new QueueSubjects("default");

/** How many jobs of a run are recorded as printed, and as failed. */
async function printed(url: string, run: string): Promise<number[]> {
  const nats = await connect({ servers: url });
  try {
    const { streams } = await jetstreamManager(nats);
    const asked = { last_by_subj: SUBJECTS.run(run, "settled") };
    const found = await streams.getMessage(streamsOf("default").runs, asked);
    const record = found && decodeRunSettled(found.data);
    return record ? [record.settled.size, record.failed] : [0, 0];
  } finally {
    await nats.close();
  }
}

function bridgeOf(pid: number): number {
  const children = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).split(" ");
  return children.map(Number).find((child) => wordsOf(child).includes("queue-bridge"))!;
}

e2eWithNats(
  "attached, the status and the summary are those of the whole run, whoever printed it",
  async (box, server) => {
    const worker = new TestWorker(box, server, ["--allow-any", "-j1"]);
    const files = ["soon", "late"].map((name) => box.path(name));
    const job = `case $1 in /*) until test -e $1; do sleep 0.05; done;; *) exit $1; esac`;
    const words = ["sh", "-c", job, "x", "{}", ":::", "3", "0", "5", ...files];
    const first = box.start(["pool", "--on", server.url, ...words], { stderr: "null" });
    let run = "";
    const untilPrinted = (jobs: number) =>
      eventually(async () => {
        run = (await listed(box, server))[0]?.run ?? "";
        return run !== "" && String(await printed(server.url, run)) === `${jobs},2`;
      }, `${jobs} results to be printed`);
    await untilPrinted(3);
    // The next bridge adds to what this one has recorded.
    Deno.kill(bridgeOf(first.pid), "SIGKILL");
    Deno.writeTextFileSync(files[0], "");
    await untilPrinted(4);
    first.kill("SIGKILL");
    await first.status;
    Deno.writeTextFileSync(files[1], "");
    const attach = (...options: string[]) =>
      box.imp(["pool", "--on", server.url, "--attach", run, ...options]);
    await eventually(async () => !(await listed(box, server))[0].attached, "its bridge to leave");
    const { code, stderr } = await attach();
    assertEquals(
      [code, stderr],
      [2, "imp pool: 5 jobs (4 printed before): 3 succeeded, 2 failed\n"],
    );
    const again = await attach("-v");
    assertEquals(again.code, 2);
    assertMatch(again.stderr, /5 jobs \(5 printed before\) in \S+: 3 succeeded, 2 failed\n$/);
    assertEquals((await attach("-q", "--halt", "now,fail=1")).code, 5);
    assertEquals((await attach("-q", "--halt", "soon,fail=40%")).code, 40);
    assertEquals((await attach("-q", "--halt", "soon,success=2")).code, 0);
    assertEquals(await worker.end(), 0);
  },
);

e2eWithNats(
  "a bridge that replaces another one finds jobs that were submitted long ago, running and ended",
  async (box, server) => {
    await drain(box, server);
    const nats = await connect({ servers: server.url });
    const { streams } = await jetstreamManager(nats);
    // After this time the server takes a job that is submitted again for another one: usually five minutes.
    await streams.update(streamsOf("default").jobs, { duplicate_window: 100_000_000 });
    await nats.close();
    const worker = new TestWorker(box, server, ["--allow-any", "-j2"]);
    const [soon, late, ran] = ["soon", "late", "ran"].map((name) => box.path(name));
    const job = `echo >>${ran}; until test -e $1; do sleep 0.02; done; exit 3`;
    const words = ["--at-most-once", "sh", "-c", job, "x", "{}", ":::", soon, late];
    const pool = box.start(["pool", "-q", "--on", server.url, ...words], { stderr: "null" });
    const runs = () => exists(ran) ? Deno.readTextFileSync(ran).length : 0;
    await eventually(() => runs() === 2, "both to run");
    const bridge = bridgeOf(pool.pid);
    Deno.kill(bridge, "SIGSTOP");
    Deno.writeTextFileSync(soon, "");
    await eventually(async () => (await listed(box, server))[0].done === 1, "one to end");
    Deno.kill(bridge, "SIGKILL");
    const [{ run }] = await listed(box, server);
    await eventually(async () => String(await printed(server.url, run)) === "1,1", "its result");
    Deno.writeTextFileSync(late, "");
    assertEquals((await pool.status).code, 2);
    assertEquals(runs(), 2);
    const failures = await box.imp(["runs", "failures", "--on", server.url]);
    assertEquals(failures.stdout.match(/failed \(exit 3\)/g)?.length, 2, failures.stdout);
    assertEquals(await worker.end(), 0);
  },
);

e2eWithNats(
  "earlier failures count for --halt, before another job begins",
  async (box, server) => {
    await drain(box, server);
    await submit(server.url, "run", Array(3).fill(["true"]));
    const settled = { settled: new NumberRanges([1, 1]), failed: 1, status: 7 };
    await publishRaw(server.url, SUBJECTS.run("run", "settled"), encodeRunSettled(settled));
    const words = ["pool", "--on", server.url, "--attach", "run", "--halt", "now,fail=1"];
    const { code, stderr } = await box.imp(words);
    const told = "imp pool: 1 job (1 printed before): 0 succeeded, 1 failed, 2 not run\n";
    assertEquals([code, stderr], [7, told]);
    assertMatch((await listed(box, server))[0].state, /^cancell(?:ed|ing)$/);
  },
);

e2eWithNats("what the list of jobs has said, the bridge does not repeat", async (box, server) => {
  await drain(box, server);
  await submit(server.url, "run", [["echo", "1"]]);
  await drain(box, server);
  const creds = box.path("creds");
  Deno.writeTextFileSync(creds, "NATS_TOKEN=secret\n", { mode: 0o644 });
  const words = ["pool", "--on", server.url, "--creds", creds, "--attach", "run"];
  const { stdout, stderr } = await box.imp(words);
  assertEquals(stdout, "1\n");
  assertMatch(stderr, /^imp pool: queue:default: every user can read .*\n$/);
});

e2eWithNats(
  "a run that does not exist is not named",
  async (box, server) => {
    for (const options of [[], ["--detach"]]) {
      const words = ["pool", "--on", server.url, ...options, "echo", ":::", "1"];
      const { code, stdout, stderr } = await box.imp(words);
      assertEquals([code, stdout], [125, ""]);
      assertMatch(stderr, /^imp pool: cannot use .*: JetStream is not enabled/);
    }
  },
  { jetstream: false },
);

e2e("nor is one where no server is", async (box) => {
  const nowhere = "pool --on nats://127.0.0.1:1";
  const { stderr } = await box.imp([...nowhere.split(" "), "echo", ":::", "1"]);
  assertMatch(
    stderr,
    /^imp pool: cannot use queue:default: cannot connect to .*no server listens there/,
  );
  const empty = await box.sh(`"$IMP" ${nowhere} --detach echo </dev/null`);
  const told = "imp pool: the input is empty: no run was made\n";
  assertEquals([empty.code, empty.stdout, empty.stderr], [0, "", told]);
});
