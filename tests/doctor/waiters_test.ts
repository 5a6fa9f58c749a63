import { assertEquals } from "@std/assert";
import { judgeWaiters, readWaiterFacts } from "../../src/doctor/waiters.ts";
import { EACCES } from "../../src/libc/abi.ts";

Deno.test("where the keepers' code may be executed", () => {
  const graded = (facts: Parameters<typeof judgeWaiters>[0]) => judgeWaiters(facts).grade;
  assertEquals(graded({ installed: true }), "good");
  assertEquals(graded({ installed: true, directory: "/home", code: EACCES }), "good");
  assertEquals(graded({ installed: false, directory: "/home", code: 0 }), "good");
  assertEquals(graded({ installed: false, directory: "/home", code: EACCES }), "note");
  assertEquals(graded({ installed: false, directory: "/home" }), "unknown");
  assertEquals(graded({ installed: false }), "unknown");
  const refused = judgeWaiters({ installed: false, directory: "/home", code: EACCES });
  assertEquals(refused.fact, "files in /home cannot be executed: EACCES");
});

Deno.test("it is found out by executing one", () => {
  const { directory, code } = readWaiterFacts();
  assertEquals([typeof directory, code === undefined || code >= 0], ["string", true]);
});
