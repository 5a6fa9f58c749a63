// Threads with a daemon flag: what `imp lab` observes.
import { assert, assertEquals } from "@std/assert";
import { scenario } from "./lab_run.ts";

scenario("daemon-thread", (run) => {
  const main = run.the("starts", "main").pid;
  assertEquals(run.pids(), [main], "a thread is no process");
  assertEquals(run.lines(), [`${main} is running`, "main"]);
  assertEquals(run.the("ends", "main").text, "exit 0");
});

scenario("daemon-thread-and-plain", (run) => {
  assertEquals(run.pids().length, 1);
  assertEquals(run.lines(), ["456", "123", "main-------", "end123", "end456"]);
  const end = run.the("ends", "main");
  assertEquals(end.text, "exit 0");
  assert(run.place(end) > run.place(run.the("says", "main", "end456")));
});
