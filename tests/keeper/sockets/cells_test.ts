import { assertEquals, assertMatch } from "@std/assert";
import type { KeptEvent, KeptRules } from "../../../src/keeper/policy/kept_event.ts";
import { dutyOf } from "../../../src/keeper/policy/duty.ts";
import { firstKeptState } from "../../../src/keeper/policy/state.ts";
import type { KeptRun } from "../../../src/keeper/records/kept_state.ts";
import { MOST_UNSERVED } from "../../../src/keeper/sockets/cells.ts";
import { settingsOf } from "../samples.ts";
import { stateAfter } from "../state_after.ts";

const PROGRAM = { pid: 100, startTicks: 1 };
const CALLED: KeptEvent = { type: "called", callers: { count: 1, some: ["a"] } };
const STARTED: KeptEvent = { type: "started", program: PROGRAM };
const WANTED: KeptEvent = { type: "wanted-start" };

function rulesOf(changes: Partial<KeptRules["settings"]> = {}, more = {}): KeptRules {
  return {
    settings: settingsOf(changes),
    intent: { wanted: "run", serial: 1, startSerial: 1, by: "imp start web" },
    onDemand: true,
    now: 10_000,
    random: 0,
    ...more,
  };
}

function ended(changes: Partial<KeptRun> = {}, served: boolean | undefined = true): KeptEvent {
  const run: KeptRun = {
    ...{ pid: 100, startedAt: 9900, endedAt: 10_000, kind: "normal", exitCode: 0, core: false },
    ...{ failedStart: true, lastLines: [], ...changes },
  };
  return { type: "ended", run, left: false, served };
}

const listening = (rules = rulesOf()) => stateAfter(firstKeptState("boot"), rules, WANTED);

Deno.test("on demand: a start listens; who connects has it started; a good end listens again", () => {
  const rules = rulesOf();
  const first = listening();
  assertEquals([first.phase, dutyOf(first, rules.settings).do], ["listening", "wait"]);
  const starting = stateAfter(first, rules, CALLED);
  assertEquals([starting.phase, dutyOf(starting, rules.settings).do], ["starting", "start"]);
  const running = stateAfter(starting, rules, STARTED);
  assertEquals([running.phase, running.callers?.count], ["running", 1]);
  // However soon it is done: it has served.
  const again = stateAfter(running, rules, ended());
  assertEquals([again.phase, again.failures, again.restarts, again.callers, again.runs[0]], [
    ...["listening", 0, 0, undefined] as const,
    { ...again.runs[0], failedStart: false },
  ]);
});

Deno.test("on demand: after a failure it pauses, and listens then; pauses grow", () => {
  const rules = rulesOf();
  let state = listening();
  for (const inMs of [100, 200, 400]) {
    state = stateAfter(state, rules, CALLED, STARTED, ended({ kind: "error", exitCode: 1 }));
    assertEquals([state.phase, state.nextStartAt], ["waiting", 10_000 + inMs]);
    state = stateAfter(state, rules, { type: "due" });
    assertEquals([state.phase, state.nextStartAt], ["listening", undefined]);
  }
  state = stateAfter(state, rules, CALLED, STARTED, ended());
  assertEquals([state.phase, state.failures], ["listening", 0]);
  const failed = stateAfter(
    listening(),
    rulesOf({ restart: "no" }),
    ...[CALLED, STARTED, ended({ kind: "error", exitCode: 1 })],
  );
  assertEquals(failed.phase, "failed");
});

Deno.test("on demand: runs that accept nobody are failures, and a row of them ends it", () => {
  const rules = rulesOf();
  let state = listening();
  for (let i = 1; i < MOST_UNSERVED; i++) {
    state = stateAfter(state, rules, CALLED, STARTED, ended({}, false));
    assertEquals([state.phase, state.unserved, state.runs.at(-1)?.failedStart], [
      ...["waiting", i, true] as const,
    ]);
    state = stateAfter(state, rules, { type: "due" });
  }
  const served = stateAfter(state, rules, CALLED, STARTED, ended());
  assertEquals([served.phase, served.unserved], ["listening", undefined]);
  const over = stateAfter(state, rules, CALLED, STARTED, ended({}, false));
  assertEquals([over.phase, over.unserved], ["failed", undefined]);
  assertMatch(over.reason!, /LISTEN_FDS/);
  assertEquals(
    stateAfter(over, rulesOf({}, { intent: { ...rules.intent, startSerial: 2 } }), WANTED).phase,
    "listening",
  );
});

Deno.test("on demand: one that is idle is ended, and listens; a stop stays a stop", () => {
  const rules = rulesOf();
  const idle: KeptEvent = { type: "idle", by: "imp keeper: --idle-stop 5m" };
  const running = stateAfter(listening(), rules, CALLED, STARTED);
  const stopping = stateAfter(running, rules, idle);
  assertEquals([stopping.phase, stopping.next], ["stopping", "listen"]);
  const gone = stateAfter(stopping, rules, ended({ kind: "killed", signal: "TERM" }), {
    type: "empty",
  });
  assertEquals([gone.phase, gone.runs[0].by, gone.failures], ["listening", idle.by, 0]);
  const stop = { intent: { ...rules.intent, wanted: "stop", serial: 2 } };
  const stopped = stateAfter(
    stopping,
    rulesOf({}, stop),
    ...[{ type: "wanted-stop" }, ended(), { type: "empty" }] as KeptEvent[],
  );
  assertEquals(stopped.phase, "stopped");
});

Deno.test("on demand: a restart of one that runs listens; commands and signals reach one at rest", () => {
  const rules = rulesOf();
  const running = stateAfter(listening(), rules, CALLED, STARTED);
  const anew = rulesOf({}, { intent: { ...rules.intent, serial: 2, startSerial: 2 } });
  const restarted = stateAfter(running, anew, WANTED, ended(), { type: "empty" });
  assertEquals([restarted.phase, restarted.startSerial], ["listening", 2]);
  assertEquals(stateAfter(restarted, anew, { type: "asked", signal: "TERM" }).phase, "stopped");
  assertEquals(stateAfter(restarted, anew, { type: "wanted-stop" }).phase, "stopped");
});

Deno.test("on demand: what cannot be executed is tried again, with pauses", () => {
  const failed: KeptEvent = { type: "start-failed", reason: "cannot execute" };
  const state = stateAfter(listening(), rulesOf(), CALLED, failed);
  assertEquals([state.phase, state.reason], ["waiting", "cannot execute"]);
});

Deno.test("sockets of one that is not on demand change nothing", () => {
  const rules = rulesOf({}, { onDemand: false });
  const state = stateAfter(firstKeptState("boot"), rules, WANTED);
  assertEquals(state.phase, "starting");
  assertEquals(
    stateAfter(state, rules, STARTED, ended({ failedStart: false }, undefined)).phase,
    "finished",
  );
});
