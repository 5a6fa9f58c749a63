// Kept daemons that run at times: imp start --every, --cron.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { eventually, exists, sideBySide } from "./harness.ts";
import { KeptHome } from "./keeping.ts";

const e2e = sideBySide();

const FAR = ["--cron", "0 0 29 2 *", "--timezone", "UTC"];

/** Writes that it was booted another time, and that its time came an hour ago. */
function missTime(home: KeptHome, name: string, changes: Record<string, unknown> = {}): void {
  const state = { ...home.record(name, "state"), nextRunAt: Date.now() - 3600_000, ...changes };
  Deno.writeTextFileSync(`${home.path}/daemons/${name}/state.json`, JSON.stringify(state));
}

/** A turn outlives its waiters by a moment. */
function hasTurn(home: KeptHome, name: string): boolean {
  return [...Deno.readDirSync("/proc")].some(({ name: pid }) => {
    try {
      const words = /^\d+$/.test(pid) ? Deno.readTextFileSync(`/proc/${pid}/cmdline`) : "";
      return words.includes(`\0keeper-turn\0${home.path}/daemons/${name}\0`);
    } catch {
      return false;
    }
  });
}

function lines(path: string): number {
  return exists(path) ? Deno.readTextFileSync(path).split("\n").length - 1 : 0;
}

e2e(
  "schedule: --every runs it again and again, and between runs only its keepers are there",
  async (box) => {
    const home = new KeptHome(box);
    const file = box.path("runs");
    assertMatch(
      await home.done(
        "start",
        "tick",
        "--every",
        "1s",
        "--",
        "sh",
        "-c",
        `echo $IMP_KEPT >>${file}`,
      ),
      /^tick: scheduled, next run \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\n$/,
    );
    await eventually(() => lines(file) >= 3, "it has run three times");
    const runs = Deno.readTextFileSync(file).trim().split("\n");
    assertEquals(new Set(runs).size, runs.length, "each run is one of its own");
    await eventually(
      () => home.record("tick", "state").phase === "scheduled",
      () => home.record("tick", "state").phase,
    );
    const { keeper, guard } = home.waiters("tick");
    assert(keeper && guard);
    const status = await home.done("status", "tick");
    assertMatch(status, /^tick: /);
    assertStringIncludes(status, "next run ");
    assertStringIncludes(status, "every 1s");
    assertMatch(await home.done("logs", "tick"), /^$/);
    const again = await home.imp(["start", "tick"]);
    assertEquals(again.code, 1);
    assertMatch(again.stderr, /^imp start: tick: already (scheduled, next run|running, pid)/);
    await home.done("stop", "tick");
    const after = lines(file);
    const { phase, nextRunAt, runs: ends } = home.record("tick", "state");
    assertEquals([phase, nextRunAt], ["stopped", undefined]);
    assert(
      ends.length >= 3 && ends.slice(0, 3).every(({ kind }: { kind: string }) => kind === "normal"),
    );
    // A stop is final: it has no keeper that could start it.
    assertEquals(home.waiters("tick"), { guard: undefined, keeper: undefined });
    assertEquals(lines(file), after);
  },
);

e2e("schedule: --run-now, a failed run, restart, list", async (box) => {
  const home = new KeptHome(box);
  const begun = await home.imp(
    ["start", "job", ...FAR, "--run-now", "--", "sh", "-c", "echo no configuration; exit 3"],
  );
  // On a slow machine it still runs after the moment for which imp start looks.
  if (begun.code !== 0) {
    assertEquals(begun.code, 1);
    assertMatch(
      begun.stderr,
      /^imp start: job: its run has failed: its last run has failed; next run /,
    );
    assertStringIncludes(begun.stderr, "| no configuration");
  }
  const hasRun = (times: number) =>
    eventually(() => {
      const { phase, runs } = home.record("job", "state");
      return phase === "scheduled" && runs.length === times;
    }, () => JSON.stringify(home.record("job", "state")));
  await hasRun(1);
  const listed = JSON.parse(await home.done("list", "--json", "job"));
  assertEquals([listed.state, listed.well, listed.lastRun.exitCode], ["scheduled", false, 3]);
  assert(listed.nextRunAt > Date.now());
  assertMatch(await home.done("list"), /^job +scheduled .* exit 3 +\S+ +next run in \d+d/m);
  assertMatch(await home.done("restart", "job"), /^job: scheduled, next run 20\d\d-02-2[89] /);
  assertEquals(home.record("job", "state").runs.length, 1);
  await home.imp(["start", "job", "--run-now"]);
  await hasRun(2);
  assertEquals((await home.imp(["status", "-q", "job"])).code, 0);
  await home.done("stop", "job");
  assertEquals((await home.imp(["status", "-q", "job"])).code, 3);
});

e2e("schedule: whoever is killed while it rests, its time is not lost", async (box) => {
  const home = new KeptHome(box);
  const file = box.path("runs");
  await home.start("tick", `echo x >>${file}`, "--every", "2s");
  const { keeper } = home.waiters("tick");
  Deno.kill(keeper!, "SIGKILL");
  await eventually(() => lines(file) >= 2, "its guard has run it");
  await eventually(() => {
    const { keeper, guard } = home.waiters("tick");
    return keeper !== undefined && guard !== undefined;
  }, "it has two keepers again");
  await home.done("stop", "tick");
});

e2e(
  "schedule: what was missed while nobody kept it, or the machine was off, is made up for once",
  async (box) => {
    const home = new KeptHome(box);
    const file = box.path("runs");
    await home.start("job", `echo x >>${file}`, ...FAR);
    let expected = 0;
    for (const changes of [{}, { bootId: "00000000-0000-0000-0000-000000000000" }]) {
      await home.killWaiters("job");
      await eventually(() => !hasTurn(home, "job"), "no turn is left that writes");
      missTime(home, "job", changes);
      const listed = JSON.parse(await home.done("list", "--json", "job"));
      assertEquals([listed.state, listed.well], ["lost", false]);
      await home.done("start", "job");
      expected++;
      await eventually(
        () => lines(file) === expected && home.record("job", "state").phase === "scheduled",
        () => `${lines(file)} runs, ${home.record("job", "state").phase}`,
      );
      assert(home.record("job", "state").nextRunAt > Date.now());
    }
    assertEquals(home.record("job", "state").runs.length, 2);
    await home.done("stop", "job");
  },
);

e2e("schedule: --overlap kill ends the run before, --max-lifetime limits one", async (box) => {
  const home = new KeptHome(box);
  const by = (name: string) =>
    home.record(name, "state").runs.map((run: { by?: string }) => run.by);
  await home.start("long", "exec sleep 1000", "--every", "1s", "--overlap", "kill");
  await eventually(() => by("long").length >= 2, "two runs were ended");
  assertMatch(by("long")[0], /^imp keeper: --overlap kill/);
  await home.done("stop", "long");
  await home.start("short", "exec sleep 1000", ...FAR, "--run-now", "--max-lifetime", "500ms");
  await eventually(() => home.record("short", "state").phase === "scheduled", "it rests");
  assertEquals(by("short"), ["imp keeper: --max-lifetime 500ms"]);
  await home.done("stop", "short");
});

e2e("schedule: what means nothing is refused before anything is written", async (box) => {
  const home = new KeptHome(box);
  const table: [string[], string][] = [
    [["--cron", "* * * * * *"], "has 6 fields"],
    [["--cron", "0 0 31 2 *"], "never comes"],
    [["--cron", "@daily", "--timezone", "Mars/Olympus"], "is not known"],
    [["--every", "0"], "is too short"],
    [["--every", "5m", "--cron", "@daily"], "cannot be used together"],
    [["--every", "5m", "--restart", "always"], "leaves no pause"],
    [["--overlap", "kill"], "goes with --every, --cron or --on-change"],
  ];
  for (const [options, why] of table) {
    const { code, stderr } = await home.imp(["start", "job", ...options, "--", "true"]);
    assertEquals(code, 2, options.join(" "));
    assertStringIncludes(stderr, why);
  }
  assert(!exists(`${home.path}/daemons/job`));
});
