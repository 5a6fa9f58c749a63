// imp start --on-change: jobs that end by themselves, and what is refused.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { eventually, exists, NEVER, sideBySide } from "./harness.ts";
import { KeptHome } from "./keeping.ts";
import { Watcher } from "./watcher.ts";

const e2e = sideBySide();

e2e("changes: a job runs again at each change, after the run before", async (box) => {
  const home = new KeptHome(box);
  const src = box.path("src"), runs = box.path("runs"), hold = box.path("hold");
  Deno.mkdirSync(src);
  const script = `echo x >>${runs}; while [ -e ${hold} ]; do sleep 0.05; done; cat ${src}/fail`;
  const options = ["--on-change", src, "--restart", "no"];
  Deno.writeTextFileSync(`${src}/fail`, "");
  const begun = await home.imp(["start", "job", ...options, "--", "sh", "-c", script]);
  assertEquals(begun.code, 0, begun.stderr);
  const at = async (count: number, phase: string) =>
    await eventually(
      () =>
        exists(runs) && Deno.readTextFileSync(runs).length === 2 * count &&
        home.record("job", "state").phase === phase,
      () => `${count} ${phase}: ${JSON.stringify(home.record("job", "state"))}`,
    );
  await at(1, "watching");
  assertMatch(await home.done("list"), /^job +watching /m);
  assertMatch(await home.done("status", "job"), /^job: watching: it runs again when\s\S*src/);
  const again = await home.imp(["start", "job"]);
  assertEquals(again.code, 1);
  assertMatch(again.stderr, /^imp start: job: already waiting for a change of .*src\n/);
  Deno.writeTextFileSync(hold, "");
  Deno.writeTextFileSync(`${src}/a`, "");
  await at(2, "running");
  Deno.writeTextFileSync(`${src}/b`, "");
  await eventually(() => home.record("job", "state").queued, "the change waits for its end");
  Deno.removeSync(hold);
  await at(3, "watching");
  // A failed run is recorded, and the next change still runs it.
  Deno.removeSync(`${src}/fail`);
  await at(4, "watching");
  const listed = JSON.parse(await home.done("list", "--json", "job"));
  assertEquals([listed.state, listed.well, listed.lastChange.path], [
    "watching",
    false,
    "src/fail",
  ]);
  Deno.writeTextFileSync(`${src}/fail`, "");
  await at(5, "watching");
  assertEquals(home.record("job", "state").reason, undefined);
  await home.done("start", "job", "--run-now");
  await at(6, "watching");
  await home.done("stop", "job");
});

e2e("changes: --postpone waits for the first one; --overlap kill ends a run", async (box) => {
  const home = new KeptHome(box);
  const src = box.path("src");
  Deno.mkdirSync(src);
  const options = ["--on-change", src, "--restart", "no", "--postpone", "--overlap", "kill"];
  const said = await home.done("start", "job", ...options, "--", "sleep", "1000");
  assertEquals(said, "job: waits for a change\n");
  assertEquals(home.record("job", "state").runs, []);
  Deno.writeTextFileSync(`${src}/a`, "");
  await eventually(() => home.record("job", "state").phase === "running", "it runs");
  Deno.writeTextFileSync(`${src}/b`, "");
  await eventually(() => home.record("job", "state").runs.length === 1, "a run was ended");
  assertEquals(home.record("job", "state").runs[0].by, "imp keeper: src/b changed");
  // Missed while no keeper was running.
  await eventually(() => home.record("job", "state").phase === "running", "it runs");
  await home.done("stop", "job");
  await home.done("start", "job");
  await home.killWaiters("job");
  Deno.writeTextFileSync(`${src}/c`, "");
  await home.done("start", "job");
  await eventually(() => home.record("job", "state").phase === "running", "it is made up for");
  await home.done("stop", "job");
});

e2e("changes: what has crashed is started at once when its source has changed", async (box) => {
  const web = new Watcher(box);
  const script = `test -e ${web.src}/fixed && exec sleep 1000; exit 3`;
  const slow = ["--backoff", NEVER, "--on-change", web.src];
  await web.home.imp(["start", "web", ...slow, "--", "sh", "-c", script]);
  await eventually(() => web.state?.phase === "waiting", "it waits for its next try");
  await web.sh(": >fixed");
  await eventually(() => web.state.phase === "running", "it runs");
  assertEquals(web.state.startedFor, "src/fixed changed");
  await web.stop();
});

e2e("changes: what means nothing is refused before anything is written", async (box) => {
  const home = new KeptHome(box);
  const src = box.path(".");
  const table: [string[], string][] = [
    [["--on-change", ""], "must not be empty"],
    [["--ignore", "*.log"], "goes with --on-change"],
    [["--postpone"], "goes with --on-change"],
    [["--on-change", src, "--ignore", "[a"], "[ has no ]"],
    [["--on-change", src, "--ignore", "/"], "names nothing"],
    [["--on-change", src, "--debounce", "2d"], "too long"],
    [["--on-change", src, "--debounce", "soon"], "soon"],
    [["--on-change", src, "--every", "5m"], "cannot be used together"],
    [["--on-change", src, "--run-now"], "goes with"],
    [["--on-port", "http"], "is not a valid address"],
    [["--on-port", "70000"], "is not a valid address"],
    [["--on-port", "a b:80"], "is not a valid address"],
  ];
  for (const [options, why] of table) {
    const { code, stderr } = await home.imp(["start", "job", ...options, "--", "true"]);
    assertEquals(code, 2, `${options.join(" ")}: ${stderr}`);
    assertStringIncludes(stderr, why);
  }
  assert(!exists(`${home.path}/daemons/job`));
});
