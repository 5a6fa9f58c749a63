// The list of runs on terminals of several widths, and for programs.
import { assert, assertEquals } from "@std/assert";
import { displayWidth } from "../../../src/cli/table.ts";
import { runListView, showView } from "../../../src/commands/runs/view.ts";
import type { RunFacts } from "../../../src/queue/runs/run_state.ts";

const QUEUE = { queue: "default", waiting: 3, given: 0, resultBytes: 2048, replicas: 1 };
const COMMAND = `sh -c '${"echo it is long; ".repeat(10)}'`;

function facts(over: Partial<RunFacts>): RunFacts {
  return {
    run: "0mx4eqfg9-uliwuk",
    setup: {
      ...{ created: Date.now() - 1000, user: "me", host: "here", command: COMMAND },
      lane: { priority: "normal", tag: undefined },
    } as unknown as RunFacts["setup"],
    closed: { total: 5 } as unknown as RunFacts["closed"],
    order: "run" as RunFacts["order"],
    attached: false,
    ...{ served: undefined, begun: Date.now() - 1234, now: Date.now() },
    counts: {
      ...{ queued: true, ended: 5, failed: 1, parked: 0, waiting: 0 },
    } as unknown as RunFacts["counts"],
    ...over,
  };
}

const DISPLAY = { quiet: false, color: "never", json: false } as unknown as Parameters<
  typeof runListView
>[3];

Deno.test("runs: the list fits the terminal, and does without what matters least", () => {
  const runs = [facts({}), facts({ served: "no" })];
  const titles = new Map<number, string>();
  for (const width of [40, 60, 80, 120]) {
    const lines = runListView(QUEUE, {}, runs, DISPLAY, width);
    assertEquals(lines.filter((line) => displayWidth(line) > width), []);
    titles.set(width, lines.find((line) => line.startsWith("RUN"))!.replace(/ +/g, " "));
  }
  assertEquals([...titles.values()], [
    "RUN STATE",
    "RUN STATE DONE",
    "RUN STATE DONE FAILED COMMAND",
    "RUN STATE DONE FAILED AGE COMMAND",
  ]);
});

Deno.test("runs: what programs read is whole", () => {
  const [, , row] = runListView(QUEUE, {}, [facts({})], DISPLAY, Infinity);
  assert(row.endsWith(COMMAND));
  const shown = showView(facts({}), "default", Infinity);
  assert(shown.at(-1)!.endsWith(COMMAND));
});

Deno.test("runs show: long values go on below where they begin", () => {
  const lines = showView(facts({}), "default", 40);
  assertEquals(lines.filter((line) => displayWidth(line) > 40), []);
  assert(lines.at(-1)!.startsWith(" ".repeat(10)));
});
