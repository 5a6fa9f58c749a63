import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { lastRun, parseLastRun, threadTime } from "../../src/procfs/sched.ts";

const SCHED = (name: string) =>
  `${name} (4242, #threads: 1)
-------------------------------------------------------------------
se.exec_start                                :       4026829.034197
se.vruntime                                  :           232.056437
`;

Deno.test("parseLastRun: milliseconds, whatever the name looks like", () => {
  assertEquals(parseLastRun(SCHED("sleep")), 4026829.034197);
  assertEquals(parseLastRun(SCHED("x\nse.exec_start : 1.5")), 4026829.034197);
  assertEquals(parseLastRun(""), undefined);
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 15 }), (name) => {
    assertEquals(parseLastRun(SCHED(name)), 4026829.034197);
  }));
});

Deno.test("lastRun: of this process, if the kernel has it", () => {
  const ran = lastRun("self");
  assert(ran === undefined || ran > 0);
});

Deno.test("threadTime: of a thread of this process, if the kernel counts it", () => {
  // Deno runs tests in a thread that need not be the first one.
  const self = Number(Deno.readLinkSync("/proc/thread-self").split("/").at(-1));
  const first = threadTime(self);
  if (first !== undefined) {
    assert(first > 0);
    const end = performance.now() + 120_000;
    while (threadTime(self)! <= first) assert(performance.now() < end, "it does not grow");
  }
  assertEquals(threadTime(2 ** 30), undefined);
});
