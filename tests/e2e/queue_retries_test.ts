// Failed jobs that are tried again: by the pool that submitted them, or by one that attaches to its run.
import { assertEquals, assertMatch } from "@std/assert";
import { eventually, exists, isAlive, type Sandbox } from "./harness.ts";
import { e2eWithNats, type NatsServer } from "./nats.ts";
import { drain, listed, submit, TestWorker, untilState } from "./queue_run.ts";

/** Submits jobs with a pool that is killed before any of them begins. @returns the run */
async function abandoned(box: Sandbox, server: NatsServer, ...words: string[]): Promise<string> {
  await drain(box, server);
  const pool = box.start(["pool", "-q", "--on", server.url, ...words], { stderr: "null" });
  let run = "";
  await eventually(async () => {
    const [found] = await listed(box, server);
    run = found?.run ?? "";
    return found?.totalIsFinal === true && found.waiting > 0;
  }, "its jobs to be in the queue");
  pool.kill("SIGKILL");
  await pool.status;
  await eventually(async () => !(await listed(box, server))[0].attached, "its bridge to leave");
  return run;
}

/** kill -9 of the process that runs a worker's jobs: what runs there is lost at once. */
function killChild({ pid }: TestWorker): void {
  const [child] = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).split(" ");
  Deno.kill(Number(child), "SIGKILL");
}

function lines(box: Sandbox, name: string): number {
  return exists(box.path(name)) ? Deno.readTextFileSync(box.path(name)).split("\n").length - 1 : 0;
}

e2eWithNats("a pool that attaches tries again as the run's own pool did", async (box, server) => {
  const job = "echo >>ran; test $(wc -l <ran) -ge 3";
  const run = await abandoned(box, server, "--retries", "4", "sh", "-c", job, ":::", "a");
  const worker = new TestWorker(box, server, ["--allow-any", "-j1"]);
  const attach = (...options: string[]) =>
    box.imp(["pool", "--on", server.url, "--attach", run, ...options]);
  const { code, stderr } = await attach();
  assertEquals([code, stderr, lines(box, "ran")], [0, "", 3]);
  assertEquals((await listed(box, server))[0].failed, 0);
  assertEquals(await worker.end(), 0);
});

e2eWithNats("a rule of its own comes first", async (box, server) => {
  const words = ["--retries", "4", "sh", "-c", "echo >>ran; exit 3", ":::", "a"];
  const run = await abandoned(box, server, ...words);
  const worker = new TestWorker(box, server, ["--allow-any", "-j1"]);
  const own = ["pool", "-q", "--on", server.url, "--attach", run, "--retries", "2"];
  assertEquals([(await box.imp(own)).code, lines(box, "ran")], [1, 2]);
  assertEquals(await worker.end(), 0);
});

e2eWithNats("another attempt keeps the time limit of the job", async (box, server) => {
  const job = "echo >>ran; test $(wc -l <ran) = 1 && exit 1; exec sleep 900";
  const options = ["--retries", "2", "--timeout", "1s"];
  const run = await abandoned(box, server, ...options, "sh", "-c", job, ":::", "a");
  const worker = new TestWorker(box, server, ["--allow-any", "-j1"]);
  const { code, stderr } = await box.imp(["pool", "--on", server.url, "--attach", run]);
  assertEquals([code, lines(box, "ran")], [1, 2]);
  assertMatch(stderr, /job 1 failed .*timed out/);
  assertEquals(await worker.end(), 0);
});

e2eWithNats("a job whose input is gone is not tried without it", async (box, server) => {
  Deno.writeTextFileSync(box.path("items"), "a\n");
  const script = "echo >>ran; cat; exit 3";
  const words = ["--retries", "3", "--pipe", "-a", "items", "sh", "-c", script];
  const run = await abandoned(box, server, ...words);
  const worker = new TestWorker(box, server, ["--allow-any", "-j1"]);
  const attached = await box.imp(["pool", "-q", "--on", server.url, "--attach", run]);
  assertEquals([attached.code, attached.stdout, lines(box, "ran")], [1, "a\n", 1]);
  assertEquals(await worker.end(), 0);
});

e2eWithNats("what must not run twice is not tried again if it is lost", async (box, server) => {
  const job = "echo $$ >>ran; exec sleep 900";
  const options = ["--at-most-once", "--retries", "3"];
  const run = await abandoned(box, server, ...options, "sh", "-c", job, ":::", "a");
  const first = new TestWorker(box, server, ["--allow-any", "-j1"]);
  const attach = box.imp(["pool", "--on", server.url, "--attach", run]);
  await eventually(() => lines(box, "ran") === 1, "the job to run");
  killChild(first);
  const { code, stderr } = await attach;
  assertEquals([code, lines(box, "ran")], [1, 1], stderr);
  assertMatch(
    stderr,
    /job 1 failed .*its worker was lost, and --at-most-once forbids a second run/,
  );
  assertEquals(await first.end(), 0);
});

e2eWithNats("another attempt of what must not run twice is not run twice", async (box, server) => {
  const job = "echo >>ran; test $(wc -l <ran) = 1 && exit 1; exec sleep 900";
  const options = ["--at-most-once", "--retries", "3"];
  const run = await abandoned(box, server, ...options, "sh", "-c", job, ":::", "a");
  const first = new TestWorker(box, server, ["--allow-any", "-j1"]);
  const attach = box.imp(["pool", "--on", server.url, "--attach", run]);
  await eventually(() => lines(box, "ran") === 2, "the second attempt to run");
  killChild(first);
  const { code, stderr } = await attach;
  assertEquals([code, lines(box, "ran")], [1, 2], stderr);
  assertEquals(await first.end(), 0);
});

e2eWithNats("a run that is cancelled from outside is not tried again", async (box, server) => {
  const worker = new TestWorker(box, server, ["--allow-any", "-j1"]);
  await eventually(async () => (await server.monitor("/jsz"))?.consumers === 1, "the queue");
  const words = ["pool", "--on", server.url, "--retries", "0", "sleep", ":::", "900", "901"];
  const pool = box.imp(words);
  await eventually(async () => (await listed(box, server))[0]?.total === 2, "the jobs");
  await box.imp(["runs", "cancel", "--all", "--on", server.url]);
  const { code, stderr } = await pool;
  assertEquals(code, 2, stderr);
  assertMatch(stderr, /2 jobs: 0 succeeded, 2 failed/);
  assertEquals(await worker.end(), 0);
});

e2eWithNats("nor does imp runs retry run it twice", async (box, server) => {
  await drain(box, server);
  const job = "echo >>ran; test $(wc -l <ran) = 1 && exit 1; exec sleep 900";
  const words = ["--at-most-once", "--detach", "sh", "-c", job, ":::", "a"];
  const { stdout: run } = await box.imp(["pool", "-q", "--on", server.url, ...words]);
  await drain(box, server);
  const retried = await box.imp(["runs", "retry", "--json", "--on", server.url, run.trim()]);
  const { as } = JSON.parse(retried.stdout);
  const worker = new TestWorker(box, server, ["--allow-any", "-j1"]);
  await eventually(() => lines(box, "ran") === 2, "it to run again");
  killChild(worker);
  await untilState(box, server, as, "done");
  const { stdout } = await box.imp(["runs", "failures", "--on", server.url, as]);
  assertMatch(stdout, /job 1: lost on/);
  assertEquals(lines(box, "ran"), 2);
  assertEquals(await worker.end(), 0);
});

e2eWithNats("imp runs retry that was interrupted goes on with its run", async (box, server) => {
  await drain(box, server);
  const jobs = Array.from({ length: 3 }, () => ["sh", "-c", "test -e fixed && echo >>ran"]);
  await submit(server.url, "run", jobs);
  await drain(box, server);
  // As a retry leaves it that is killed after two jobs, the first of which has ended meanwhile.
  const half = { retryOf: "run", closed: false };
  Deno.writeTextFileSync(box.path("fixed"), "");
  await submit(server.url, "half", jobs.slice(0, 1), half);
  await drain(box, server);
  await submit(server.url, "half", jobs.slice(0, 2), half);
  const listing = await box.imp(["runs", "--on", server.url]);
  assertMatch(listing.stdout, /^half +running \(retry not finished, no worker\) /m);
  const shown = await box.imp(["runs", "show", "half", "--on", server.url]);
  assertMatch(shown.stdout, /retry of +run; not finished: imp runs retry run/);
  const retry = () => box.imp(["runs", "retry", "--all", "--on", server.url]);
  assertEquals(
    (await retry()).stdout,
    "run: 3 jobs submitted again, as run half, which had been begun before\n",
  );
  await drain(box, server);
  const { state, total, failed } = (await listed(box, server, "list", "half"))[0];
  assertEquals([state, total, failed, lines(box, "ran")], ["done", 3, 0, 3]);
  // It is whole now: the next retry is another one.
  assertMatch((await retry()).stdout, /^run: 3 jobs submitted again, as run (?!half)\S+\n$/);
});

e2eWithNats("a run that several retry at once is retried once", async (box, server) => {
  await drain(box, server);
  await submit(server.url, "run", Array.from({ length: 40 }, () => ["false"]));
  await drain(box, server);
  const retry = () => box.imp(["runs", "retry", "run", "--on", server.url]);
  const told = await Promise.all([retry(), retry(), retry()]);
  const names = new Set<string>();
  for (const { code, stdout, stderr } of told) {
    const name = /40 jobs submitted again, as run ([^,\s]+)/.exec(stdout) ??
      /cannot retry run run: run (\S+), which another client has just begun, does so/.exec(
        stderr,
      ) ??
      /cannot retry run run: run (\S+) does so, and is not over/.exec(stderr);
    assertEquals([code, name !== null], [stdout ? 0 : 1, true], stdout + stderr);
    names.add(name![1]);
  }
  assertEquals(names.size, 1, JSON.stringify(told));
  // It is not over: another one would run its jobs beside it.
  const late = await retry();
  assertEquals(late.code, 1);
  assertMatch(late.stderr, /cannot retry run run: run \S+ does so, and is not over/);
  const all = await box.imp(["runs", "retry", "--all", "--on", server.url]);
  assertEquals([all.code, all.stderr], [0, ""]);
  assertMatch(all.stdout, /^nothing to retry/);
  await drain(box, server);
  const again = (await listed(box, server)).filter(({ run }) => run !== "run");
  assertEquals(again.map(({ total, done, state }) => [total, done, state]), [[40, 40, "done"]]);
  assertEquals((await retry()).code, 0);
});

e2eWithNats("wherever imp runs retry is killed, repeated it makes one run", async (box, server) => {
  await drain(box, server);
  await submit(server.url, "run", Array.from({ length: 300 }, () => ["false"]));
  await drain(box, server);
  for (let ms = 60; (await listed(box, server)).length === 1 || ms < 300; ms += 20) {
    const child = box.start(["runs", "retry", "run", "--on", server.url], { stdout: "null" });
    await Promise.race([child.status, new Promise((resolve) => setTimeout(resolve, ms))]);
    if (isAlive(child.pid)) child.kill("SIGKILL");
    const { code } = await child.status;
    if (code === 0) break;
  }
  const all = await listed(box, server);
  if (!all.some(({ run, totalIsFinal }) => run !== "run" && totalIsFinal)) {
    assertEquals((await box.imp(["runs", "retry", "run", "--on", server.url])).code, 0);
  }
  await drain(box, server);
  const again = (await listed(box, server)).filter(({ run }) => run !== "run");
  assertEquals(again.map(({ total, done, state }) => [total, done, state]), [[300, 300, "done"]]);
});
