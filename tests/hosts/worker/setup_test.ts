import { assertEquals, assertThrows } from "@std/assert";
import { ProtocolError } from "../../../src/hosts/frames.ts";
import type { WorkerSetup } from "../../../src/hosts/greeting.ts";
import { setupFrom } from "../../../src/hosts/worker/setup.ts";

Deno.test("SETUP: what is left out has a default, what is wrong is named, what is new is left alone", () => {
  assertEquals(setupFrom({}), {
    slots: "100%",
    output: "group",
    credit: 0,
    termSteps: [],
  });
  const more = { slots: "4", env: ["A=1"], termSteps: [[15, 5000], [9, 0]], later: true };
  assertEquals(setupFrom(more as unknown as Partial<WorkerSetup>).env, ["A=1"]);
  const wrong: Record<string, unknown>[] = [
    { slots: 4 },
    { slots: "many" },
    { output: "loud" },
    { termSteps: [[0, 1]] },
    { termSteps: [[15]] },
    { termSteps: "TERM" },
    { env: ["A=1\0B=2"] },
    { env: [1] },
    { credit: "much" },
    { load: 1 },
  ];
  for (const one of wrong) {
    const [name] = Object.keys(one);
    assertThrows(
      () => setupFrom(one as unknown as Partial<WorkerSetup>),
      ProtocolError,
      `SETUP: ${name}`,
    );
  }
});
