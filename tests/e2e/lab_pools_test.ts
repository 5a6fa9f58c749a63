// Pools: what `imp lab` observes.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { scenario } from "./lab_run.ts";

const MARK = /^Mark~/;
const DONE = "Sub-process(es) done.";

scenario("pool-apply", (run) => {
  const lines = run.lines();
  const tasks = [0, 1, 2, 3].flatMap((n) => [`msg: hello ${n}`, "end"]);
  assertEquals(lines.slice(0, 8), tasks);
  assertMatch(lines[8], MARK);
  assertEquals(lines.slice(9), [DONE]);
  assertEquals(run.all("starts").length, 4, "main and three workers");
});

scenario("pool-apply-async", (run) => {
  const lines = run.lines();
  const at = (line: string) => lines.indexOf(line);
  assert(at("msg: hello 3") > at("end"), lines.join("\n"));
  for (const n of [0, 1, 2]) assert(at(`msg: hello ${n}`) < at("end"), "three at once");
  assertEquals(lines.filter((line) => line === "end").length, 4);
  assertEquals(lines.at(-1), DONE);
  const workers = run.all("says", undefined, /^msg: /).map(({ pid }) => pid);
  assertEquals(new Set(workers).size, 3, "nobody is started for the fourth");
});

scenario("pool-results", (run) => {
  assertEquals(
    run.lines("main"),
    [0, 1, 2].map((n) => `::: done hello ${n}`).concat(DONE),
  );
  assert(run.lines().lastIndexOf("end") < run.lines().indexOf("::: done hello 0"));
});

scenario("pool-several-functions", (run) => {
  const told = run.all("says", undefined, /^task \w+ runs [\d.]+ seconds$/);
  const seconds = told.map(({ text }) => Number(/([\d.]+) seconds/.exec(text)![1]));
  assertEquals(told.map(({ text }) => text.split(" ")[1]).sort(), [
    "allen",
    "frank",
    "lee",
    "marlon",
  ]);
  const began = run.all("says", undefined, /^run task/)[0].at;
  const whole = (told.at(-1)!.at - began) / run.played.secondMs;
  assert(whole < seconds.reduce((a, b) => a + b, 0), `${whole} of ${seconds}`);
  assertEquals(run.lines("main").at(-1), "all subprocesses done");
});

scenario("pool-join-before-close", (run) => {
  const [refused, after] = run.lines("main");
  assertMatch(refused, /^refused: .*Pool is still running/);
  assertEquals(after, "after close it is not");
});

scenario("pool-interrupt", (run) => {
  assertEquals(run.all("says", undefined, /^task \d in \d+$/).length, 4);
  assertMatch(run.the("ends", "main").text, /^killed by INT$|^exit 130$/);
  for (const n of [1, 2, 3, 4]) {
    assertMatch(run.the("ends", `worker ${n}`).text, /^killed by|^exit [1-9]|^how,/);
  }
  assert(!run.lines().includes(DONE));
});

scenario("pool-queue", (run) => {
  const letters = (verb: string) =>
    run.all("says", undefined, new RegExp(`^${verb}: `)).map(({ text }) => text.slice(-1)).join("");
  assertEquals([letters("write"), letters("read")], ["WANG", "WANG"]);
  for (const letter of "WANG") {
    const lines = run.lines();
    assert(lines.indexOf(`write: ${letter}`) < lines.indexOf(`read: ${letter}`), letter);
  }
  assertEquals(run.lines("main"), ["result 0: 4 written", "result 1: W,A,N,G"]);
  const of = (line: string) => run.all("says", undefined, line)[0].pid;
  const manager = run.the("starts", "manager").pid;
  assert(![of("write: W"), of("read: W")].includes(manager));
});
