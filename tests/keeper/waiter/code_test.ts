// The machine code of waiters for this machine, executed by the processor itself; emulated_test.ts: the other one.
import { assert, assertEquals } from "@std/assert";
import { waiterImage } from "../../../src/keeper/waiter/image.ts";
import { eventually, rounds } from "../../e2e/harness.ts";
import { MACHINES, written } from "./machines.ts";
import { Stage } from "./stage.ts";
import { tryWaiter } from "./trials.ts";

const { arch, machine } = MACHINES.find(({ machine }) => machine === Deno.build.arch)!;

Deno.test({
  name: "waiters: many pairs at once",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const candidate = { name: arch, native: true, words: (to: string) => [written(arch, to)] };
    const stages = Array.from({ length: rounds(40, 100) }, () => new Stage(candidate));
    try {
      for (const stage of stages) stage.raise();
      for (const stage of stages) await stage.rest();
      for (const { page } of stages) assertEquals([page.failures, page.raised.begin], [0, 1]);
      for (const stage of stages) Deno.kill(stage.keeper, "SIGKILL");
      for (const stage of stages) {
        await eventually(() => stage.page.keeper === stage.guard, "the guard acts");
        await stage.rest();
        assertEquals(stage.turns().length, 2);
      }
    } finally {
      for (const stage of stages) await stage.end();
    }
  },
});

tryWaiter({
  name: machine,
  native: true,
  emulated: false,
  words: (directory) => [written(arch, directory)],
});

for (const { arch, machine, most } of MACHINES) {
  Deno.test(`waiter, ${machine}: it is small`, () => {
    const headers = 64 + 2 * 56;
    assert(waiterImage(arch).length - headers <= most, `${waiterImage(arch).length} bytes`);
  });
}
