// imp runs: what it shows of the runs of a queue, and what it does to them.
import { assertEquals, assertMatch } from "@std/assert";
import { eventually, exists, type Sandbox } from "./harness.ts";
import { e2eWithNats, type NatsServer } from "./nats.ts";
import { drain, listed, submit, TestWorker, untilState } from "./queue_run.ts";

/** Does something to runs. @returns exit status, stdout, stderr */
async function runs(box: Sandbox, server: NatsServer, ...words: string[]) {
  const { code, stdout, stderr } = await box.imp(["runs", "--on", server.url, ...words]);
  return { code, stdout, stderr };
}

function sh(script: string, count = 1): string[][] {
  return Array.from({ length: count }, () => ["sh", "-c", script]);
}

e2eWithNats("a queue that nobody has made", async (box, server) => {
  const { code, stdout } = await runs(box, server);
  assertEquals([code, stdout], [0, "no queue of this name; imp pool --on creates it\n"]);
  assertEquals(await listed(box, server), []);
  const { code: no, stderr } = await runs(box, server, "show", "a");
  assertEquals(no, 1);
  assertMatch(stderr, /^imp runs: cannot find queue default: these servers have no queue/);
});

e2eWithNats("runs are listed with their progress, and shown", async (box, server) => {
  await drain(box, server);
  assertEquals((await runs(box, server)).stdout.split("\n").slice(1), ["no runs", ""]);
  await submit(server.url, "first", [...sh("exit 0", 3), ...sh("exit 3")]);
  await submit(server.url, "second", sh("exit 0", 2), { closed: false });
  let [first, second] = await listed(box, server);
  assertEquals([first.state, first.total, first.done, first.waiting], ["running", 4, 0, 4]);
  assertEquals([second.state, second.total, second.totalIsFinal], ["running", 2, false]);
  await drain(box, server);
  [first, second] = await listed(box, server);
  assertEquals([first.state, first.total, first.done, first.failed], ["done", 4, 4, 1]);
  assertEquals([first.command, first.user, first.attached], ["sh -c exit 0", "me", false]);
  assertEquals([second.state, second.done, second.failed], ["left", 2, 0]);
  const { stdout } = await runs(box, server);
  assertMatch(stdout, /^queue default: 0 waiting, 0 with workers; .*; 1 replica\n/);
  assertMatch(stdout, /^first +done +4\/4 \(100%\) +1 +\S+ +sh -c exit 0$/m);
  assertMatch(stdout, /^second +left \(no client\) +2\/2\+ +- /m);
  const shown = await runs(box, server, "show", "fir");
  assertMatch(shown.stdout, /^first\n {2}state +done\n[^]*by +me@here\n/);
});

e2eWithNats(
  "in a locale without UTF-8 tables are ASCII, JSON is what it is",
  async (box, server) => {
    await drain(box, server);
    await submit(server.url, "run", [["sh", "-c", "exit 3 # für"]]);
    await drain(box, server);
    const inC = async (...words: string[]) =>
      (await box.imp(["runs", "--on", server.url, ...words], { env: { LC_ALL: "C" } })).stdout;
    assertMatch(await inC(), /^[\x20-\x7e\n]+$/);
    assertMatch(await inC("failures"), /^[\x20-\x7e\n]+$/);
    assertEquals(JSON.parse(await inC("--json")).command, "sh -c exit 3 # für");
    assertEquals(JSON.parse(await inC("failures", "--json")).command[2], "exit 3 # für");
  },
);

e2eWithNats("failures are reported with how each ended", async (box, server) => {
  await drain(box, server);
  await submit(server.url, "run", [...sh("exit 3"), ["no-such"], ...sh("kill -9 $$"), ["true"]]);
  await drain(box, server);
  const { stdout } = await runs(box, server, "failures");
  const [one, two, three, ...rest] = stdout.split("\n");
  assertMatch(one, /^run job 1: failed \(exit 3\) on \S+: sh -c exit 3$/);
  assertMatch(two, /^run job 2: failed \(cannot find no-such: ENOENT .*\) on \S+: no-such$/);
  assertMatch(three, /^run job 3: failed \(signal KILL\) on /);
  assertEquals(rest, [""]);
  const { stdout: json } = await runs(box, server, "failures", "run", "--json");
  const facts = json.trim().split("\n").map((line) => JSON.parse(line));
  assertEquals(facts.map(({ job, exit, signal }) => [job, exit, signal]), [
    ...[[1, 3, null], [2, null, null], [3, null, "KILL"]],
  ]);
  assertEquals(facts[0].command, ["sh", "-c", "exit 3"]);
  const givenUp = await runs(box, server, "failures", "--given-up");
  assertEquals(givenUp.stdout, "no job has used up its deliveries\n");
});

e2eWithNats("a run that is paused starts nothing until it is resumed", async (box, server) => {
  await drain(box, server);
  await submit(server.url, "run", sh("echo x >> out", 20));
  assertEquals(
    (await runs(box, server, "pause", "run")).stdout,
    "run: paused; running jobs finish\n",
  );
  const worker = new TestWorker(box, server);
  await eventually(async () => (await listed(box, server))[0].parked === 20, "all jobs put aside");
  const [{ state, done, waiting }] = await listed(box, server);
  assertEquals([state, done, waiting, exists(box.path("out"))], ["paused", 0, 20, false]);
  const { stdout } = await runs(box, server, "resume", "run");
  assertEquals(stdout, "run: resumed, with 20 jobs that had been set aside\n");
  await untilState(box, server, "run", "done");
  assertEquals(Deno.readTextFileSync(box.path("out")), "x\n".repeat(20));
  assertEquals(await worker.end(), 0);
});

e2eWithNats(
  "a run that is cancelled ends what runs, and every job has its end",
  async (box, server) => {
    const worker = new TestWorker(box, server, ["--allow-any", "-j", "2"]);
    await eventually(async () => (await server.monitor("/jsz"))?.consumers === 1, "the queue");
    await submit(server.url, "run", sh("echo > begun; sleep 900", 10));
    await eventually(() => exists(box.path("begun")), "the first job");
    await runs(box, server, "cancel", "run");
    const { done, failed } = await untilState(box, server, "run", "cancelled");
    assertEquals([done, failed], [10, 10]);
    const { code, stderr } = await runs(box, server, "pause", "run");
    assertEquals([code, stderr], [1, "imp runs: cannot pause run run: it is over\n"]);
    assertEquals(await worker.end(), 0);
  },
);

e2eWithNats("failed jobs are submitted again, as a run of their own", async (box, server) => {
  await drain(box, server);
  await submit(server.url, "run", [...sh("test -e fixed", 3), ...sh("true", 2)]);
  const { code, stderr } = await runs(box, server, "retry", "run");
  assertEquals(code, 1);
  assertMatch(stderr, /cannot retry run run: it is not over: 5 of its jobs have not ended/);
  await drain(box, server);
  Deno.writeTextFileSync(box.path("fixed"), "");
  const { stdout } = await runs(box, server, "retry", "run");
  const name = /^run: 3 jobs submitted again, as run (\S+)\n$/.exec(stdout)![1];
  await drain(box, server);
  const [again] = await listed(box, server, "list", name);
  assertEquals([again.state, again.total, again.failed], ["done", 3, 0]);
  assertEquals((await listed(box, server, "list", "run"))[0].failed, 3);
  assertMatch((await runs(box, server, "retry", name)).stderr, /none of its jobs has failed/);
  const { stdout: fed } = await box.sh(
    `printf 'a\\n' | "$IMP" pool -q --on ${server.url} --detach --pipe false`,
  );
  await drain(box, server);
  const there = (await listed(box, server)).length;
  const none = await runs(box, server, "retry", fed.trim());
  assertEquals([none.code, none.stdout], [1, ""]);
  assertMatch(none.stderr, /no copy of its failed jobs exists/);
  assertEquals((await listed(box, server)).length, there, "no run without jobs");
});

e2eWithNats(
  "what a killed server keeps of jobs that have ended is not a job",
  async (box, server) => {
    await drain(box, server);
    await submit(server.url, "run", sh("true", 2));
    await drain(box, server);
    // It may have forgotten that they were acknowledged.
    await submit(server.url, "run", sh("true", 2), { again: "-again" });
    const { waiting } = await untilState(box, server, "run", "done");
    assertEquals(waiting, 0);
    assertMatch((await runs(box, server, "remove", "--yes", "run")).stdout, /^run: removed/);
    assertEquals((await server.monitor("/jsz"))?.messages, 0);
  },
);

e2eWithNats("a run is removed with all that is kept of it", async (box, server) => {
  await drain(box, server);
  await submit(server.url, "old", sh("head -c 300000 /dev/zero", 2));
  await drain(box, server);
  await submit(server.url, "new", sh("true", 2));
  const asked = await runs(box, server, "remove", "old");
  assertMatch(asked.stderr, /must be confirmed/);
  assertMatch((await runs(box, server, "remove", "--yes", "new")).stderr, /it is not over/);
  assertEquals((await runs(box, server, "remove", "--yes", "--all")).stdout, "old: removed\n");
  assertEquals((await listed(box, server)).map(({ run }) => run), ["new"]);
  const left = await runs(box, server, "remove", "--yes", "--force", "new");
  assertEquals([left.code, left.stdout], [0, "new: removed\n"]);
  const jsz = await server.monitor("/jsz");
  assertEquals(jsz.messages, 0);
});

e2eWithNats("settings are kept, and results pruned by age and size", async (box, server) => {
  await drain(box, server);
  for (const run of ["a", "b", "c"]) {
    await submit(server.url, run, sh("head -c 200000 /dev/zero"));
    await drain(box, server);
  }
  await submit(server.url, "d", sh("true"));
  const nothing = await runs(box, server, "prune");
  assertEquals(nothing.code, 2);
  const set = await runs(box, server, "set", "--keep-size", "500K", "--rate", "10/s");
  assertEquals(set.stdout, "queue default: keep-size 500K, rate 10/1s\n");
  assertEquals((await runs(box, server, "prune")).stdout, "a: removed, because of its size\n");
  assertMatch((await runs(box, server)).stdout, /\n {2}keep-size 500K, rate 10\/1s\n/);
  await runs(box, server, "set", "--keep-size", "none", "--rate", "none", "--keep-age", "1m");
  const none = "nothing to prune: no run exceeds the limits\n";
  assertEquals((await runs(box, server, "prune")).stdout, none);
  assertEquals((await listed(box, server)).map(({ run }) => run), ["b", "c", "d"]);
});

e2eWithNats("runs that are not there, and words that are none", async (box, server) => {
  await drain(box, server);
  await submit(server.url, "aa", sh("true"));
  await submit(server.url, "ab", sh("true"));
  const told = async (...words: string[]) => {
    const { code, stderr } = await runs(box, server, ...words);
    return `${code} ${stderr}`;
  };
  assertMatch(
    await told("show", "x"),
    /^1 .*cannot find run x: queue default has no run of this name/,
  );
  assertMatch(await told("show", "a"), /^1 .*cannot find run a: 2 runs begin with this: aa, ab/);
  assertMatch(await told("show", "a.b"), /^2 .*is not a valid name of a run/);
  assertMatch(await told("show", "a>"), /^2 .*is not a valid name of a run/);
  assertMatch(await told("show"), /^2 .*no run given to show/);
  assertMatch(await told("stop", "aa"), /^2 .*'stop' is not a subcommand of imp runs/);
  assertMatch(await told("pause", "--all", "aa"), /^2 .*cannot be used together/);
  assertMatch(await told("list", "--force"), /^2 .*--force goes with remove/);
  assertMatch(await told("set"), /^2 .*nothing to set/);
  assertMatch(await told("set", "--rate", "fast"), /^2 .*'fast' is not a rate/);
  assertMatch(await told("--queue", "a.b"), /^2 .*is not a valid name of a queue/);
  const { code, stderr } = await box.imp(["runs"], { env: { NATS_URL: "" } });
  assertEquals(code, 2);
  assertMatch(stderr, /no servers given/);
});
