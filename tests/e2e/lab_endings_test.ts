// Endings, zombies, orphans: what `imp lab` observes.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { scenario } from "./lab_run.ts";

scenario("endings", (run) => {
  assertEquals(run.the("ends", "normal").text, "exit 0");
  assertMatch(run.the("ends", "error").text, /^exit [1-9]/);
  assertMatch(run.the("ends", "fault").text, /^killed by SEGV/);
  assertEquals(run.the("ends", "victim").text, "killed by KILL");
  const status = (who: string) => {
    const { code, signal, core } = run.the("ends", who).facts!;
    return [code === null ? null : Number(code) > 0, signal, core];
  };
  assertEquals(["normal", "error", "fault", "victim"].map(status), [
    [false, null, false],
    [true, null, false],
    [null, "SEGV", false],
    [null, "KILL", false],
  ]);
  const victim = run.the("starts", "victim").pid;
  assertEquals(run.lines("killer"), [`kill -9 ${victim}`]);
  assertEquals(run.pids().length, 5);
});

scenario("zombie", (run) => {
  const main = run.the("starts", "main").pid;
  const zombie = run.the("zombie", "child 1");
  assertEquals([zombie.state, zombie.ppid], ["Z", main]);
  const kept = run.facts("what is kept");
  assertEquals([kept.exit, kept.residentBytes, kept.openFiles], [7, 0, 0]);
  assert(Number(kept.cpuMs) > 0);
  assertEquals(run.all("says", "main", "waitpid: exit 7").length, 1);
  assert(run.place(run.the("gone", "child 1")) < run.place(run.the("ends", "main")));
});

scenario("zombie-collected-by-init", (run) => {
  const child = run.the("starts", "child").pid;
  const adopted = run.the("adopted", "child");
  assertEquals([adopted.state, adopted.ppid], ["Z", run.the("starts", "init").pid]);
  assert(run.place(adopted) > run.place(run.the("ends", "parent")));
  assert(run.lines("init").includes(`waitpid: ${child} exit 7`));
  run.the("gone", "child");
});

scenario("orphan", (run) => {
  const main = run.the("starts", "main").pid;
  const child = run.the("starts", "child 1");
  assertEquals([child.ppid, run.the("ends", "main").text], [main, "killed by KILL"]);
  const adopted = run.the("adopted", "child 1");
  assert(adopted.ppid !== main && adopted.ppid !== null);
  assertEquals(run.facts("the new parent").above, true);
  const hello = run.the("says", "child 1", "hello");
  assert(run.place(hello) > run.place(adopted));
  run.the("ends", "child 1");
});

scenario("zombie-flood", (run) => {
  const { started, zombies, pidMax, shareOfPids } = run.facts("zombies");
  assertEquals([started, zombies], [100, 100]);
  assert(Number(pidMax) >= 301);
  assertMatch(String(shareOfPids), /^[\d.e-]+ %$/);
  assertEquals(run.facts("none is left").zombies, 0);
  assertEquals(run.lines("init"), ["collected 100"]);
});
