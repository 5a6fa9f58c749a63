import { assertEquals } from "@std/assert";
import { stoppedState } from "../../../src/keeper/records/end_of_records.ts";
import type { KeptState } from "../../../src/keeper/records/kept_state.ts";

const STATE: KeptState = {
  schema: 1,
  phase: "running",
  bootId: "here",
  intentSerial: 1,
  startSerial: 1,
  guard: { pid: 1, startTicks: 1 },
  keeper: { pid: 2, startTicks: 2 },
  program: { pid: 3, startTicks: 3 },
  startedAt: 10,
  restarts: 0,
  failures: 0,
  restartTimes: [],
  runs: [],
};
const intent = { by: "imp stop web", serial: 2, startSerial: 1 };

Deno.test("a stop that no keeper has seen leaves nobody in the records, and the run among those that are over", () => {
  const state = stoppedState(STATE, intent, 50, "here", { how: "signal", signal: 15, core: false });
  assertEquals([state.phase, state.guard, state.keeper, state.program], [
    "stopped",
    undefined,
    undefined,
    undefined,
  ]);
  assertEquals(state.intentSerial, 2);
  const [run] = state.runs;
  assertEquals([run.pid, run.kind, run.signal, run.by], [3, "killed", "TERM", "imp stop web"]);
});

Deno.test("how one has ended that nobody saw is unknown; after a boot, so is who ended it", () => {
  assertEquals(stoppedState(STATE, intent, 50, "here").runs[0].kind, "unknown");
  const after = stoppedState(STATE, intent, 50, "another");
  assertEquals([after.bootId, after.runs[0].kind, after.runs[0].by], [
    "another",
    "unknown",
    undefined,
  ]);
});
