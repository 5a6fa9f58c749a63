// Processes with a daemon flag: what `imp lab` observes.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Run, scenario } from "./lab_run.ts";

/** Whether those lines were written in this order, whatever came between. */
function assertOrder(run: Run, ...lines: string[]): void {
  const all = run.lines();
  const places = lines.map((line) => all.indexOf(line));
  assert(places.every((at, i) => at >= 0 && (i === 0 || at > places[i - 1])), all.join("\n"));
}

/** Main's process has ended well, and after all the others. */
function assertMainLast(run: Run): void {
  const end = run.the("ends", "main");
  assertEquals(end.text, "exit 0");
  for (const other of run.all("ends")) assert(run.place(other) <= run.place(end), other.who);
}

/** It never came to its end; it may have been gone before it was seen. */
function assertTerminated(run: Run, who: string): void {
  for (const { text } of run.all("ends", who)) assertMatch(text, /^killed by (TERM|KILL)|^how,/);
}

scenario("two-pids", (run) => {
  const [main, child] = [run.the("starts", "main"), run.the("starts", "child 1")];
  assertEquals([run.pids().length, child.ppid], [2, main.pid]);
  const ticks = Array.from({ length: 10 }, (_, n) => `tick ${n} of child ${child.pid}`);
  assertEquals(run.lines("child 1"), ticks);
  assertEquals(run.lines("main"), [`main is ${main.pid}`, "main's code ends"]);
});

scenario("no-join", (run) => {
  assertEquals(run.lines("main"), ["main starting", "main ending"]);
  for (const n of [0, 1, 2]) {
    const lines = run.lines(`child ${n + 1}`);
    assertEquals(lines, [`task_${n} is starting`, `task_${n} is ending`]);
    assertEquals(run.the("ends", `child ${n + 1}`).text, "exit 0");
    assertOrder(run, "main ending", lines[1]);
  }
  assertMainLast(run);
});

scenario("child-outlives-code", (run) => {
  assertOrder(run, "main begins", "main's code ends", "child is ending");
  assertEquals(run.lines("child 1"), ["child is starting", "child is ending"]);
  assertMainLast(run);
});

scenario("daemon-dies-with-main", (run) => {
  assertEquals(run.lines("main"), ["main begins", "main's code ends"]);
  assert(!run.lines().includes("child is ending"));
  assertTerminated(run, "child 1");
  assertMainLast(run);
});

scenario("daemon-with-time", (run) => {
  const ticks = run.lines("child 1");
  assert(ticks.length >= 4 && ticks.length <= 6, ticks.join());
  assertTerminated(run, "child 1");
  const codeEnds = run.the("says", "main", "main's code ends");
  assert(run.place(run.the("ends", "child 1")) > run.place(codeEnds));
  assertMainLast(run);
});

scenario("daemon-join", (run) => {
  const { pid } = run.the("starts", "child 1");
  assertEquals(run.lines(), [`${pid} is running`, `${pid} is done`, "main"]);
  assertEquals(run.the("ends", "child 1").text, "exit 0");
  assertMainLast(run);
});

scenario("daemon-and-plain", (run) => {
  assertEquals([run.lines("main"), run.lines("bar")], [["main-------"], ["456", "end456"]]);
  assertOrder(run, "main-------", "end456");
  assert(!run.lines().includes("end123"));
  assertTerminated(run, "foo");
  assertMainLast(run);
});

scenario("daemon-joined-and-plain", (run) => {
  assertOrder(run, "123", "end123", "main-------", "end456");
  assertOrder(run, "456", "end456");
  assertEquals(run.the("ends", "foo").text, "exit 0");
  assertMainLast(run);
});

scenario("daemon-flag-after-start", (run) => {
  const [refused, flag] = run.lines("main");
  assertMatch(refused, /^refused: .*process has already started/);
  assertEquals(flag, "daemon is false");
  assertEquals(run.the("ends", "child 1").text, "exit 0");
});

scenario("daemon-no-children", (run) => {
  assertEquals(run.pids().length, 2, "main and its child");
  const [running, ...error] = run.lines("child 1");
  assertEquals(running, "child 1 is running");
  assertMatch(error.join("\n"), /daemonic processes are not allowed to have children/);
  assertEquals(run.the("ends", "child 1").text, "exit 1");
  assertEquals(run.lines().at(-1), "main");
});

scenario("daemon-no-children-unseen", (run) => {
  assert(run.pids().length <= 2);
  assertEquals(run.lines("main"), ["main"]);
  assert(!run.lines().some((line) => line.includes("not allowed to have children")));
  assertTerminated(run, "child 1");
  assertMainLast(run);
});
