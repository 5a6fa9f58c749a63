// Threads with a daemon flag: what `imp lab` observes.
import { assert, assertEquals } from "@std/assert";
import { scenario } from "./lab_run.ts";

scenario("daemon-thread", (run) => {
  const main = run.the("starts", "main").pid;
  assertEquals(run.pids(), [main], "a thread is no process");
  const lines = run.lines();
  assertEquals(lines.filter((line) => line === "main").length, 1);
  assert(lines.every((line) => line === "main" || line === `${main} is running`), lines.join());
  assertEquals(run.the("ends", "main").text, "exit 0");
});

scenario("daemon-thread-and-plain", (run) => {
  assertEquals(run.pids().length, 1);
  const lines = run.lines();
  assertEquals(lines.toSorted(), ["123", "456", "end123", "end456", "main-------"]);
  assertEquals(lines.slice(3), ["end123", "end456"]);
  const end = run.the("ends", "main");
  assertEquals(end.text, "exit 0");
  assert(run.place(end) > run.place(run.the("says", "main", "end456")));
});
