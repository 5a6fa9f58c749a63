import { assertEquals, assertThrows } from "@std/assert";
import { ProtocolError } from "../../../src/hosts/frames.ts";
import type { WorkerSetup } from "../../../src/hosts/greeting.ts";
import { setupFrom } from "../../../src/hosts/worker/setup.ts";

const WORKERS = (words: unknown) => ({
  ...{ words, terminator: "\0", host: "web1", login: "a@web1" },
  ...{ ahead: 2, maxTasks: 0, maxMemory: 0 },
});

Deno.test("SETUP: what is left out has a default, what is wrong is named, what is new is left alone", () => {
  assertEquals(setupFrom({}), {
    slots: "100%",
    output: "group",
    credit: 0,
    termSteps: [],
  });
  const more = { slots: "4", env: ["A=1"], termSteps: [[15, 5000], [9, 0]], later: true };
  assertEquals(setupFrom(more as unknown as Partial<WorkerSetup>).env, ["A=1"]);
  const { workers } = setupFrom({ workers: WORKERS(["cat"]) } as Partial<WorkerSetup>);
  assertEquals(workers?.words, ["cat"]);
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
    { workers: WORKERS(undefined) },
    { workers: WORKERS([]) },
    { workers: { ...WORKERS(["cat"]), ahead: "2" } },
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
