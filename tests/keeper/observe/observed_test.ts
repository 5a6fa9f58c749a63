import { assert, assertEquals } from "@std/assert";
import { judgeKept } from "../../../src/keeper/observe/observed.ts";
import type { KeptPhase, KeptState } from "../../../src/keeper/records/kept_state.ts";
import { parseRecordText, withLastRun } from "../../../src/keeper/records/reading.ts";
import { stat } from "../../family/relatives.ts";
import { aRun, evidence, GUARD, KEEPER, PROGRAM, STATE, unusable } from "../kept_samples.ts";

const state = (given: Partial<KeptState>) =>
  ({ state: { is: "read", value: { ...STATE, ...given } } }) as const;

Deno.test("a kept daemon: as its state says, where /proc agrees", () => {
  const { phase, program, guard, keeper, acting, exists, rebooted } = judgeKept(evidence());
  assertEquals(phase, "running");
  assertEquals([program, guard, keeper, acting], [PROGRAM, GUARD, KEEPER, KEEPER]);
  assert(exists);
  assertEquals(rebooted, false);
});

Deno.test("a kept daemon: each phase, with its program and its keeper there or not", () => {
  const seen = (phase: KeptPhase, processes: typeof PROGRAM[]) =>
    judgeKept(evidence(processes, state({ phase }))).phase;
  const all = [GUARD, KEEPER, PROGRAM];
  for (const phase of ["starting", "running", "stopping"] as const) {
    assertEquals(seen(phase, all), phase);
    assertEquals(seen(phase, [PROGRAM]), phase, "unkept");
    assertEquals(seen(phase, [GUARD, KEEPER]), "ended", "not written down yet");
    assertEquals(seen(phase, []), "lost");
  }
  assertEquals(seen("waiting", [GUARD, KEEPER]), "waiting");
  assertEquals(seen("waiting", []), "lost", "nobody is there to start it");
  for (const phase of ["stopped", "finished", "failed"] as const) {
    assertEquals(seen(phase, []), phase);
    assertEquals(seen(phase, [GUARD, KEEPER]), phase, "they are about to leave");
    assertEquals(seen(phase, [PROGRAM]), "running", "what runs is not told to be stopped");
  }
});

Deno.test("a kept daemon: a PID that was given to another process, or a zombie, is not believed", () => {
  const other = { ...PROGRAM, startTicks: 99 };
  assertEquals(judgeKept(evidence([GUARD, KEEPER, other])).program, undefined);
  const zombie = { ...PROGRAM, state: "Z" };
  assertEquals(judgeKept(evidence([GUARD, KEEPER, zombie])).phase, "ended");
  const waiters = [{ ...GUARD, startTicks: 1 }, { ...KEEPER, startTicks: 1 }];
  const { acting, phase } = judgeKept(evidence([...waiters, PROGRAM]));
  assertEquals([acting, phase], [undefined, "running"]);
});

Deno.test("a kept daemon: after a boot none of its processes is there, whoever has their PIDs", () => {
  const { phase, program, rebooted } = judgeKept(evidence(undefined, { bootId: "b2" }));
  assertEquals([phase, program, rebooted], ["lost", undefined, true]);
  // By the shutdown of the machine: its owner has wanted it to run.
  const stopped = judgeKept(evidence([], { bootId: "b2", ...state({ phase: "stopped" }) }));
  assertEquals(stopped.phase, "lost");
  const failed = judgeKept(evidence([], { bootId: "b2", ...state({ phase: "failed" }) }));
  assertEquals(failed.phase, "failed");
});

Deno.test("a kept daemon: a guard whose keeper was killed acts in its place", () => {
  const { keeper, acting } = judgeKept(evidence([GUARD, { ...PROGRAM, ppid: 10 }]));
  assertEquals([keeper, acting], [undefined, GUARD]);
});

Deno.test("a kept daemon: keepers that no record names are looked for, and what their page names is believed", () => {
  const found = { guard: GUARD, keeper: KEEPER, program: 12 };
  for (const is of ["missing", "newer", "damaged"] as const) {
    const state = is === "missing" ? { is } : unusable(is);
    const { phase, program, acting } = judgeKept(evidence(undefined, { state, found }));
    assertEquals([phase, program?.pid, acting?.pid], ["running", 12, 11]);
  }
  // New ones have not written a state yet.
  const waiting = evidence([GUARD, KEEPER], { state: { is: "missing" }, found });
  assertEquals(judgeKept(waiting).phase, "starting");
  const strangers = [GUARD, KEEPER, stat({ pid: 12, ppid: 1 })];
  const { program } = judgeKept(evidence(strangers, { state: { is: "missing" }, found }));
  assertEquals(program, undefined, "it is no child of theirs");
});

Deno.test("a kept daemon: what is over is not searched for", () => {
  const over = state({ phase: "stopped", guard: undefined, keeper: undefined });
  let searched = 0;
  const search = () => (searched++, {});
  judgeKept({ ...evidence([], over), search });
  judgeKept({ ...evidence(), search });
  assertEquals(searched, 0);
  judgeKept({ ...evidence([PROGRAM]), search });
  assertEquals(searched, 1);
});

Deno.test("a kept daemon: without records and keepers there is none", () => {
  const nothing = {
    settings: { is: "missing" },
    intent: { is: "missing" },
    state: { is: "missing" },
  } as const;
  const { exists, phase, troubles } = judgeKept(evidence([], nothing));
  assertEquals([exists, phase], [false, "unknown"]);
  assertEquals(troubles.map(({ record }) => record), ["settings", "intent", "state"]);
  assert(judgeKept(evidence(undefined, { ...nothing, found: { keeper: KEEPER } })).exists);
  assert(judgeKept(evidence([], { ...nothing, intent: unusable("damaged") })).exists);
});

Deno.test("records: of a state only the last run, whatever stands in its texts", () => {
  const lines = [`{"pid":7,"runs":[`, `]}`, `,"runs":[{"pid":1}]`];
  const runs = [aRun({ pid: 1, lastLines: lines }), aRun({ pid: 2, lastLines: lines })];
  const reading = parseRecordText<KeptState>(
    withLastRun(JSON.stringify({ ...STATE, runs })),
    "state",
  );
  assertEquals(reading, { is: "read", value: { ...STATE, runs: runs.slice(1) } });
  const none = JSON.stringify(STATE);
  assertEquals(withLastRun(none), none);
  // Runs that do not come last, as by hand: what is made of that is not a record, and all of it is read.
  const { runs: _, schema, ...rest } = STATE;
  const other = withLastRun(JSON.stringify({ schema, runs, ...rest }));
  assertEquals(parseRecordText(other, "state").is, "damaged");
});
