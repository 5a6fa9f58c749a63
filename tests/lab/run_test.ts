import { assertEquals } from "@std/assert";
import { runScenario, type ScenarioRun } from "../../src/lab/run.ts";
import { mustHold, no, yes } from "../../src/lab/rules.ts";
import type { Scenario } from "../../src/lab/scenario.ts";
import { rawEnvironment } from "../../src/libc/processes/process_image.ts";

const SPEED = 8;

/** A run without processes, on a machine that hangs for `still` of a second. */
async function play(still: number, holds: (second: number) => boolean): Promise<ScenarioRun> {
  let second = 0;
  const scenario: Scenario = {
    id: "test",
    title: "test",
    topic: "processes",
    learn: "",
    claim: "",
    rules: [mustHold("it holds", () => holds(second) ? yes("") : no(""))],
    play: async (stage) => {
      second = stage.ms(1);
      await stage.rest(1);
      for (const end = performance.now() + stage.ms(still); performance.now() < end;);
      await stage.rest(1);
    },
  };
  const directory = await Deno.makeTempDir();
  try {
    return await runScenario(scenario, {
      id: crypto.randomUUID(),
      speed: SPEED,
      directory,
      environment: rawEnvironment(),
      check: () => {},
    });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("a run whose rules do not hold is played again, slower", async () => {
  const { good, tries, second } = await play(0, (second) => second > 125);
  assertEquals({ good, tries, second }, { good: true, tries: 2, second: 250 });
});

Deno.test("it is not played forever", async () => {
  const { good, tries, second } = await play(0, () => false);
  assertEquals({ good, tries, second }, { good: false, tries: 3, second: 500 });
});

Deno.test("what holds is not played again, however busy the machine", async () => {
  const { good, tries } = await play(0.5, () => true);
  assertEquals({ good, tries }, { good: true, tries: 1 });
});

Deno.test("nothing is left of its directory", async () => {
  const { good, directory } = await play(0, () => true);
  assertEquals(good, true);
  await Deno.stat(directory).then(
    () => {
      throw new Error(`${directory} is there`);
    },
    (error) => assertEquals(error instanceof Deno.errors.NotFound, true),
  );
});
