import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { causeOf, type NeglectfulParent } from "../../src/family/zombie_cause.ts";

const PARENT: NeglectfulParent = {
  pid: 812,
  comm: "server",
  command: ["server"],
  uid: 0,
  state: "S",
  startTicks: 1,
  startedAt: 0,
  role: "other",
  kernelThread: false,
  livingChildren: 2,
  reachable: true,
  sigchld: "caught",
  waiting: false,
};
const OLD = { endedAgo: 60_000, tracer: 0 };

Deno.test("causeOf: a living parent is asked, fixed, ended, in this order", () => {
  const { why, remedies } = causeOf(PARENT, [OLD]);
  assertEquals(why, "does-not-wait");
  assertEquals(remedies.map(({ name, hopeful }) => [name, hopeful]), [
    ["ask", true],
    ["fix", true],
    ["end-parent", true],
  ]);
  assertStringIncludes(remedies[2].text, "its 2 living children become orphans");
});

Deno.test("causeOf: asking is hopeless where nobody listens", () => {
  for (const sigchld of ["default", "ignored"] as const) {
    const [ask] = causeOf({ ...PARENT, sigchld }, [OLD]).remedies;
    assertEquals([ask.name, ask.hopeful], ["ask", false]);
  }
  // signalfd(2) and sigwait(3) need it blocked; what cannot be read is not held against it.
  for (const sigchld of ["blocked", null] as const) {
    assert(causeOf({ ...PARENT, sigchld }, [OLD]).remedies[0].hopeful);
  }
});

Deno.test("causeOf: PID 1 is not to be ended", () => {
  const { why, remedies } = causeOf({ ...PARENT, pid: 1, role: "init" }, [OLD]);
  assertEquals(why, "init-does-not-reap");
  assertEquals(remedies.map(({ name }) => name), ["ask", "init", "end-parent"]);
  assertStringIncludes(remedies[2].text, "restart the container");
});

Deno.test("causeOf: what hinders the parent comes before its neglect", () => {
  const why = (changes: Partial<NeglectfulParent>, zombie = OLD) =>
    causeOf({ ...PARENT, ...changes }, [zombie]).why;
  assertEquals(why({ state: "T" }), "parent-stopped");
  assertEquals(why({ state: "t" }), "parent-stopped");
  assertEquals(why({ state: "D" }), "parent-stuck");
  assertEquals(why({}, { ...OLD, tracer: 99 }), "traced");
  // A parent may trace its own child.
  assertEquals(why({}, { ...OLD, tracer: 812 }), "does-not-wait");
  assertEquals(why({}, { ...OLD, endedAgo: 20 }), "just-ended");
  assertEquals(causeOf(null, [OLD]).why, "parent-unseen");
});

Deno.test("causeOf: an unknown age is not a short one", () => {
  assertEquals(causeOf(PARENT, [{ endedAgo: null, tracer: 0 }]).why, "does-not-wait");
});
